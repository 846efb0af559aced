"""`groundswell up` as its users meet it: it starts, shows demo posts, stops in time, and says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.acceptance.chaos import Client, History, judge
from tests.system import START_SECONDS, System, until


def test_demo_posts_are_shown_shared_and_trended(folder: Path) -> None:
    arguments = ("--source", "synthetic", "--rate", "20")
    with System(folder / "data", arguments=arguments) as system:
        until(lambda: system.get("/api/v1/posts", limit=1)["metadata"]["total"] > 20, START_SECONDS, "posts")
        shares = system.get("/api/v1/sentiment/distribution", hours=1)
        assert sum(row["share"] for row in shares["data"]) == pytest.approx(1)
        timeline = system.get("/api/v1/sentiment/timeline", hours=1, period="minute")
        assert sum(bucket["total"] for bucket in timeline["data"]) >= shares["metadata"]["total"]
        page = system.http.get("/", headers={"Accept": "text/html"})
        assert "Groundswell" in page.text


def test_promise_7_a_stop_under_load_loses_nothing(folder: Path) -> None:
    system = System(folder / "data", arguments=("--workers", "2"))
    system.start()
    system.wait_ready()
    history = History()
    client = Client(system, 1, history)
    client.start()
    until(lambda: len(history.accepted) > 300, 60, "load")
    assert system.stop() == 0
    client.end()
    assert not list(system.family())
    with system:
        assert judge(system, history).violations == {}


def test_a_second_start_in_the_same_folder_is_refused_in_a_sentence(folder: Path) -> None:
    with System(folder / "data") as system:
        refused = system.run("up", "--port", "0", seconds=60)
        assert refused.returncode == 1
        assert "Another Groundswell is running in this data folder" in refused.stderr
        assert "Traceback" not in refused.stderr


def living(system: System) -> set[str]:
    """The roles of the processes that live."""
    return {each["role"] for each in system.get("/api/v1/status")["processes"]}


def test_the_doctor_finds_a_healthy_system_healthy_and_a_stopped_one_stopped(folder: Path) -> None:
    with System(folder / "data") as system:
        until(lambda: "worker" in living(system), START_SECONDS, "the worker's start")
        healthy = system.run("doctor", "--json")
        assert healthy.returncode == 0, healthy.stdout + healthy.stderr
        findings = json.loads(healthy.stdout)
        assert {"database", "stream", "model", "workers", "parked"} <= {row["check"] for row in findings}
        assert all(row["state"] == "good" for row in findings), findings
        assert system.run("doctor", "--ledger").returncode == 0
    stopped = system.run("doctor", "--ledger")
    assert stopped.returncode == 1
    assert "groundswell up" in stopped.stderr


def test_a_ledger_that_is_not_true_is_told(folder: Path) -> None:
    import psycopg

    with System(folder / "data") as system:
        post = {"post_id": "1", "source": "t", "content": "a lovely day"}
        assert system.http.post("/api/v1/posts", json=post).status_code == 202
        until(lambda: system.get("/api/v1/status")["stream"]["settled"] == 1, START_SECONDS, "settling")
        assert system.run("doctor", "--ledger").returncode == 0
        urls = json.loads((system.data_dir / "servers.json").read_text())
        with psycopg.connect(urls["database_url"]) as connection:
            connection.execute("UPDATE rollups SET n = n + 1 WHERE clock = 0 AND grain = 0")
        assert system.run("doctor", "--ledger").returncode == 1
