"""Prometheus itself scrapes a running installation with deploy's rules, and every Grafana panel finds data."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.system import free_port, until
from tests.topology import Topology, nginx_program, topology

from groundswell.observe import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
NUMBERS = {"model": 1, "api": 1, "worker": 1, "watch": 1, "ingest": 1}

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs Debian's prometheus"),
    pytest.mark.skipif(nginx_program() is None, reason="needs Debian's nginx"),
]


@pytest.fixture
def system(folder: Path, database_url: str, redis_url: str) -> Iterator[Topology]:
    servers = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GROUNDSWELL_MODEL": "tfidf",
        "POSTS_PER_MINUTE": "600",
    }
    with topology(folder, servers, numbers=NUMBERS) as found:
        yield found


@pytest.fixture
def prometheus(folder: Path, system: Topology) -> Iterator[httpx.Client]:
    """Prometheus with deploy's rules; of its configuration, only who is asked, and how often, is the test's."""
    port = free_port()
    (folder / "token").write_text(system.secret("metrics_token") + "\n")
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    job = config["scrape_configs"][0]
    del job["dns_sd_configs"], job["relabel_configs"]
    job["authorization"]["credentials_file"] = str(folder / "token")
    job["static_configs"] = [
        {"targets": [f"127.0.0.1:{process.metrics_port}"], "labels": {"role": name.partition("-")[0]}}
        for name, process in system.processes.items()
    ]
    config["scrape_configs"] = [job]
    for rules in config["rule_files"]:
        text = (DEPLOY / "prometheus" / rules).read_text()
        (folder / rules).write_text(text.replace("interval: 15s", "interval: 1s"))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
        yield client
    process.terminate()
    process.wait(20)


def ask(prometheus: httpx.Client, expression: str) -> list[Any]:
    answer = prometheus.get("/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", (expression, answer)
    return [one for one in answer["data"]["result"] if one["value"][1] != "NaN"]


def expressions() -> list[str]:
    boards = [json.loads(board.read_text()) for board in BOARDS]
    return [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]


def test_every_process_is_scraped_and_every_panel_shows_something(
    system: Topology, prometheus: httpx.Client
) -> None:
    with httpx.Client(base_url=system.gateway, headers=system.key, trust_env=False, timeout=10) as api:

        def busy() -> None:
            assert api.post("/api/v1/predict", json={"text": "what a wonderful day"}).status_code == 200
            assert api.get("/api/v1/sentiment/distribution").status_code == 200

        def scraped() -> bool:
            busy()
            return len(ask(prometheus, 'up{job="groundswell"} == 1')) == len(system.processes)

        until(scraped, 180, "a scrape of every process")
        empty = expressions()
        assert len(empty) > 30

        def all_show() -> bool:
            busy()
            empty[:] = [expression for expression in empty if not ask(prometheus, expression)]
            return not empty

        try:
            until(all_show, 180, "data in every panel")
        except AssertionError:
            raise AssertionError(f"these show nothing: {empty}") from None

        assert api.get("/metrics").status_code == 404  # not through the gateway
        stored = {
            one["metric"]["__name__"] for one in ask(prometheus, '{__name__=~"groundswell_.+|http_.+"}')
        }
        known = {f"{name}{end}" for name in METRICS for end in ("", "_bucket", "_sum", "_count", "_created")}
        assert stored <= known | {name.replace("_total", "_created") for name in METRICS}
        firing = prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
        assert [alert for alert in firing if alert["state"] == "firing"] == []
