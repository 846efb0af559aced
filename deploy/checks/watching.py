"""Prometheus and Grafana: every name that a rule or a panel asks for is one that observe.py declares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from deploy.checks.common import program, run
from deploy.checks.promql import unknown_metrics

JOB_KEYS = {"job_name", "kubernetes_sd_configs", "authorization", "relabel_configs"}
PANEL_KEYS = {"id", "type", "title", "targets", "gridPos", "datasource"}


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    yield from _prometheus(root)
    yield from _grafana(root / "deploy" / "grafana", root)


def _prometheus(root: Path) -> Iterator[str]:
    folder = root / "deploy" / "prometheus"
    config = yaml.safe_load((folder / "prometheus.yml").read_text())
    job = config["scrape_configs"][0]
    services = yaml.safe_load((root / "compose.yaml").read_text())["services"]
    asked = job["dns_sd_configs"][0]["names"]
    yield from (f"prometheus.yml: there is no service {name}" for name in asked if name not in services)
    if not job.get("authorization", {}).get("credentials_file"):
        yield "prometheus.yml: it sends no token"
    for name in config["rule_files"]:
        if not (folder / name).exists():
            yield f"prometheus.yml: there is no {name}"
            continue
        for group in yaml.safe_load((folder / name).read_text())["groups"]:
            for rule in group["rules"]:
                about = f"{name} {rule.get('alert') or rule.get('record')}"
                yield from (f"{about}: {found}" for found in _rule(rule, root))
    yield from (f"kubernetes.yml: {found}" for found in _in_a_cluster(folder))
    yield from _promtool(folder)


def _in_a_cluster(folder: Path) -> Iterator[str]:
    """The job for a Prometheus of Kubernetes, where scaling by backlog comes from; Debian's knows no clusters."""
    (job,) = yaml.safe_load((folder / "kubernetes.yml").read_text())["scrape_configs"]
    if job["job_name"] != "groundswell":
        yield "alerts ask for the job groundswell"
    if not job.get("authorization", {}).get("credentials_file"):
        yield "it sends no token"
    yield from (f"there is no {key}" for key in sorted(job.keys() - JOB_KEYS))
    actions = {found.get("action", "replace") for found in job["relabel_configs"]}
    yield from (f"there is no action {action}" for action in sorted(actions - {"keep", "drop", "replace"}))
    if "role" not in {found.get("target_label") for found in job["relabel_configs"]}:
        yield "rules ask for the label role"


def _rule(rule: dict[str, Any], root: Path) -> Iterator[str]:
    yield from unknown_metrics(rule["expr"], root)
    if "alert" not in rule:
        return
    if rule.get("labels", {}).get("severity") not in {"warning", "critical"}:
        yield "its severity must be warning or critical"
    page, _, anchor = rule.get("annotations", {}).get("runbook", "").partition("#")
    if not (root / page).is_file() or anchor not in _anchors((root / page).read_text()):
        yield f"its runbook {page}#{anchor} does not exist"


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", page)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _promtool(folder: Path) -> Iterator[str]:
    """Debian's prometheus brings it; without it, the rules have still been read above."""
    tool = program("promtool")
    if tool is None:
        return
    rules = [str(path) for path in sorted(folder.glob("*.rules.yml"))]
    config = str(folder / "prometheus.yml")
    for command in (["check", "rules", *rules], ["check", "config", "--syntax-only", config]):
        code, says = run([tool, *command])
        if code:
            yield says
    code, says = run([tool, "test", "rules", "tests.yml"], cwd=folder)
    if code:
        yield f"tests.yml: {says}"


def _grafana(folder: Path, root: Path) -> Iterator[str]:
    source = yaml.safe_load((folder / "provisioning" / "datasources" / "prometheus.yml").read_text())
    uids = {found["uid"] for found in source["datasources"]}
    for found in source["datasources"]:
        if found["url"] != "http://prometheus:9090":
            yield f"provisioning/datasources/prometheus.yml: nobody answers at {found['url']}"
    providers = yaml.safe_load((folder / "provisioning" / "dashboards" / "groundswell.yml").read_text())
    mounts = yaml.safe_load((root / "compose.yaml").read_text())["services"]["grafana"]["volumes"]
    for provider in providers["providers"]:
        if not any(str(mount).split(":")[1] == provider["options"]["path"] for mount in mounts):
            yield "provisioning/dashboards/groundswell.yml: no dashboards are put there"
    for path in sorted((folder / "dashboards").glob("*.json")):
        yield from (f"{path.name}: {found}" for found in _board(json.loads(path.read_text()), uids, root))


def _board(board: dict[str, Any], uids: set[str], root: Path) -> Iterator[str]:
    panels = board["panels"]
    if not board.get("uid") or len({panel["id"] for panel in panels}) != len(panels):
        yield "it needs a uid, and each panel a number of its own"
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        about = panel.get("title", panel.get("id"))
        if not panel.keys() >= PANEL_KEYS or not panel["targets"]:
            yield f"{about}: it is incomplete"
            continue
        if panel["datasource"]["uid"] not in uids:
            yield f"{about}: there is no data source {panel['datasource']['uid']}"
        for target in panel["targets"]:
            yield from (f"{about}: {found}" for found in unknown_metrics(target["expr"], root))
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        if cells & taken or at["x"] + at["w"] > 24:
            yield f"{about}: it lies upon another"
        taken |= cells
