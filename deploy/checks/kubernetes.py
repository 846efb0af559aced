"""Kubernetes: the schemas of the API, kustomize's rendering where kubectl is at hand, and names that must meet."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from deploy.checks.common import documents, program, run, unknown_command, unknown_settings
from deploy.checks.promql import unknown_metrics

VERSION = "1.33"
OVERLAYS = ("standalone", "production")
KUSTOMIZATION_KEYS = {"apiVersion", "kind", "namespace", "labels", "resources", "patches", "images"}


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    folder = root / "deploy" / "kubernetes"
    base = _folder(folder / "base")
    for overlay in OVERLAYS:
        yield from _rendered(folder / "overlays" / overlay)
        found = _folder(folder / "overlays" / overlay)
        yield from _problems(folder, base | found)
    yield from _kustomizations(folder)


def _folder(folder: Path) -> dict[Path, list[Any]]:
    paths = sorted(folder.glob("*.yaml"))
    return {path: documents(path) for path in paths if path.name != "kustomization.yaml"}


def _rendered(overlay: Path) -> Iterator[str]:
    if kubectl := program("kubectl"):
        code, says = run([kubectl, "kustomize", str(overlay)])
        if code:
            yield f"{overlay}: {says}"


def _kustomizations(folder: Path) -> Iterator[str]:
    for path in folder.rglob("kustomization.yaml"):
        found = yaml.safe_load(path.read_text())
        listed = {name for name in found.get("resources", []) if not name.startswith("..")}
        there = {one.name for one in path.parent.glob("*.yaml")} - {path.name}
        problems = [f"{name} is not in its folder" for name in sorted(listed - there)]
        problems += [f"{name} is not listed" for name in sorted(there - listed)]
        problems += [f"kustomize knows no {key}" for key in sorted(found.keys() - KUSTOMIZATION_KEYS)]
        problems += ["its namespace must be groundswell"] if found.get("namespace") != "groundswell" else []
        if (path.parent / "ingress.yaml").exists():
            problems += _behind_ingress(path.parent, found)
            problems += _sharing(found)
        yield from (f"{path}: {problem}" for problem in problems)


def _behind_ingress(folder: Path, kustomization: Mapping[str, Any]) -> Iterator[str]:
    """The API must know the names people use, and whom to believe who asks."""
    patched = [yaml.safe_load(found["patch"]) for found in kustomization["patches"] if "target" not in found]
    data = {k: v for one in patched if one.get("kind") == "ConfigMap" for k, v in one["data"].items()}
    yield from unknown_settings(list(data))
    allowed = set(data.get("GROUNDSWELL_ALLOWED_HOSTS", "").split(","))
    for document in documents(folder / "ingress.yaml"):
        for rule in document["spec"]["rules"]:
            if rule["host"] not in allowed:
                yield f"the API does not answer to {rule['host']} (GROUNDSWELL_ALLOWED_HOSTS)"
    if not {"model", "api"} <= allowed:
        yield "roles do not answer to their services' names (GROUNDSWELL_ALLOWED_HOSTS)"
    if not data.get("GROUNDSWELL_TRUSTED_PROXIES"):
        yield "nobody says whom the API believes who asks (GROUNDSWELL_TRUSTED_PROXIES)"


def _sharing(kustomization: Mapping[str, Any]) -> Iterator[str]:
    """A version that one role trains must be seen by all."""
    for found in kustomization["patches"]:
        if set(found.get("target", {}).get("name", "").split("|")) == {"api", "worker", "watch", "model"}:
            added = [step["value"] for step in yaml.safe_load(found["patch"]) if step["op"] == "add"]
            if {"name": "models", "mountPath": "/data/models"} in added:
                return
    yield "roles do not share /data/models"


def _problems(folder: Path, files: Mapping[Path, list[Any]]) -> Iterator[str]:
    everything = [document for found in files.values() for document in found]
    components = {
        document["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for document in everything
        if document["kind"] in {"Deployment", "StatefulSet", "Job"}
    }
    names = {(document["kind"], document["metadata"].get("name")) for document in everything}
    for path, found in files.items():
        for document in found:
            about = (
                f"{path.relative_to(folder.parents[1])} {document['kind']}/{document['metadata'].get('name')}"
            )
            problems = [*_schema(document), *_names(document, components, names)]
            if pod := document.get("spec", {}).get("template", {}).get("spec"):
                problems += _pod(document["kind"], pod)
            if document["kind"] == "ConfigMap":
                problems += unknown_settings(list(document["data"]))
            yield from (f"{about}: {problem}" for problem in problems)


def _schema(document: Mapping[str, Any]) -> Iterator[str]:
    if document["kind"] == "ScaledObject":  # a kind of KEDA's, which the cluster's own API does not know
        yield from _scaled(document["spec"])
        return
    if says := _objection(json.dumps(document)):
        yield says
    if document["kind"] == "HorizontalPodAutoscaler":
        for metric in document["spec"]["metrics"]:
            if metric.get("resource", {}).get("target", {}).get("averageUtilization") != 70:
                yield "it must grow when the processor is above 70 %"


@cache
def _objection(document: str) -> str:
    """What the API's schema has against a document; kept, because reading the schema takes its time."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kubernetes_validate.validate(json.loads(document), VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'/'.join(map(str, error.path))}: {error.message[:200]}"
    return ""


def _scaled(spec: Mapping[str, Any]) -> Iterator[str]:
    if not 0 < spec["minReplicaCount"] <= spec["maxReplicaCount"]:
        yield "the fewest must be at least one, and at most the most"
    for trigger in spec["triggers"]:
        needed = {"cpu": {"value"}, "prometheus": {"serverAddress", "query", "threshold"}}.get(
            trigger["type"]
        )
        if needed is None or not needed <= trigger["metadata"].keys():
            yield f"the trigger {trigger['type']} is incomplete"
        yield from unknown_metrics(trigger["metadata"].get("query", ""))
    yield from _scaled_by(spec["scaleTargetRef"]["name"], spec["triggers"])


SCALING = {"worker": ("groundswell_stream_backlog", "1000"), "api": (":p95", "0.5")}
"""What a role grows by beside its processor, and from where on."""


def _scaled_by(role: str, triggers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by = {found["type"]: found["metadata"] for found in triggers}
    series, threshold = SCALING[role]
    asked = by.get("prometheus", {})
    if series not in asked.get("query", "") or asked.get("threshold") != threshold:
        yield f"it must grow when {series} is above {threshold}"
    if by.get("cpu", {}).get("value") != "70":
        yield "it must grow when the processor is above 70 %"
    if ":p95" in series and "or vector(0)" not in asked.get("query", ""):
        yield "without traffic the query is NaN, which the scaler takes for a number"


def _names(document: Mapping[str, Any], components: set[str], names: set[tuple[str, str]]) -> Iterator[str]:
    spec = document.get("spec", {})
    for component in _selected(spec):
        if component not in components:
            yield f"nothing has the component {component}"
    if (target := spec.get("scaleTargetRef")) and ("Deployment", target["name"]) not in names:
        yield f"there is no deployment {target['name']}"
    for rule in spec.get("rules", []):
        for path in rule["http"]["paths"]:
            if ("Service", path["backend"]["service"]["name"]) not in names:
                yield "the ingress leads to no service"


def _selected(part: Any) -> Iterator[str]:
    """Every component that a selector names, at any depth."""
    if isinstance(part, list):
        for item in part:
            yield from _selected(item)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key == "app.kubernetes.io/component":
            yield value
        elif key == "matchExpressions":
            yield from (name for item in value for name in item.get("values", []) if name != "ingest")
        elif key != "template":
            yield from _selected(value)


def _pod(kind: str, pod: Mapping[str, Any]) -> Iterator[str]:
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "it may run as root"
    if pod.get("automountServiceAccountToken") is not False:
        yield "it is given a token of the cluster"
    for container in pod["containers"]:
        yield from _container(kind, container)
        known = {volume["name"] for volume in pod.get("volumes", [])} | {"data"}
        yield from (
            f"there is no volume {mount['name']}"
            for mount in container.get("volumeMounts", [])
            if mount["name"] not in known
        )


def _container(kind: str, container: Mapping[str, Any]) -> Iterator[str]:
    context = container.get("securityContext", {})
    hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    if not hardened.items() <= context.items() or context.get("capabilities") != {"drop": ["ALL"]}:
        yield "its container is not hardened"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= resources.get("limits", {}).keys() & resources.get("requests", {}).keys():
        yield "its container has no requests and limits"
    probes = {"Deployment": ("livenessProbe", "readinessProbe", "startupProbe")}.get(kind, ())
    yield from (f"it has no {probe}" for probe in probes if probe not in container)
    ports = {port["name"] for port in container.get("ports", [])}
    for probe in probes:
        if (port := container.get(probe, {}).get("httpGet", {}).get("port", "metrics")) not in ports:
            yield f"its {probe} asks at {port}, which is no port of it"
    if container["image"] == "groundswell":
        yield from unknown_command(container["args"])
        yield from unknown_settings([found["name"] for found in container.get("env", [])])
    mounted = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
    if container["image"].startswith("postgres:") and "/var/run/postgresql" not in mounted:
        yield "its image makes the database through a socket in /var/run/postgresql, which cannot be written"
