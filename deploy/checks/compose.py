"""compose.yaml: the schema of the Compose specification, and what ours promises beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from deploy.checks.common import unknown_command, unknown_settings

OPEN_PORTS = {"gateway": ["8000", "8080"], "grafana": ["3001"]}
"""Services that have ports on the host, and which; nobody else, the database least of all."""
PRIVATE = ("postgres", "valkey", "prometheus")
OURS = ("migrate", "api", "worker", "watch", "model", "ingest")

SHOWN = ("GROUNDSWELL_METRICS_HOST", "GROUNDSWELL_METRICS_TOKEN_FILE")
CALLS = ("GROUNDSWELL_MODEL_SERVICE_KEY_FILE", "MODEL_SERVICE_URL")
ACCESS = {
    "api": (
        "GROUNDSWELL_ADMIN_KEY_FILE",
        "GROUNDSWELL_ALLOWED_HOSTS",
        "GROUNDSWELL_TRUSTED_PROXIES",
        *SHOWN,
        *CALLS,
    ),
    "model": ("GROUNDSWELL_MODEL_SERVICE_KEY_FILE", "GROUNDSWELL_ALLOWED_HOSTS", *SHOWN),
    "worker": (*SHOWN, *CALLS),
    "watch": SHOWN,
    "ingest": SHOWN,
}
"""What a role off loopback needs, to start and to be reached by those who may."""


def schema(name: str) -> Any:
    """Return a JSON schema that check-jsonschema carries."""
    place = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{name}.json")
    return json.loads(place.read_text())


def against(name: str, document: Any) -> Iterator[str]:
    """Return where a document breaks a schema."""
    checker = jsonschema.validators.validator_for(found := schema(name))(found)
    for error in checker.iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    document = yaml.safe_load((root / "compose.yaml").read_text())
    yield from (f"compose.yaml: {found}" for found in _problems(root, document))


def _problems(root: Path, document: Any) -> Iterator[str]:
    broken = list(against("compose-spec", document))
    yield from broken
    if broken:
        return
    services = document["services"]
    yield from (
        f"there is no service {name}" for name in (*OURS, *PRIVATE, *OPEN_PORTS) if name not in services
    )
    for name, wanted in ACCESS.items():
        given = services.get(name, {}).get("environment", {})
        yield from (f"{name}: it needs {one}" for one in wanted if not given.get(one))
    for name, service in services.items():
        yield from (f"{name}: {found}" for found in _service(root, document, name, service))
    if document["networks"].get("inside") != {"internal": True}:
        yield "the network `inside` must be internal"


def _service(root: Path, document: Mapping[str, Any], name: str, service: Mapping[str, Any]) -> Iterator[str]:
    profiles = set(service.get("profiles", []))
    if not profiles or not profiles <= {"minimal", "full"}:
        yield "its profiles must be of minimal and full"
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory"} <= limits.keys():
        yield "it has no limits"
    if name not in OURS and "healthcheck" not in service:
        yield "it has no health check"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "it may gain privileges"
    yield from _ports(name, service)
    yield from _references(root, document, service, profiles)
    if name in PRIVATE and service.get("networks") != ["inside"]:
        yield "it must be in the inner network alone"
    if name in OURS:
        yield from _ours(service)
    elif name == "valkey" and str(service.get("user", "0")).startswith(("0", "root")):
        yield "it would run as root: its image drops that only for a command that begins with valkey-server"
    for variable in service.get("environment", {}):
        if "PASSWORD" in variable and not variable.endswith("_FILE"):
            yield f"{variable} belongs in a file"


def _ports(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    found = [str(port).split(":")[-2] for port in service.get("ports", [])]
    if found != OPEN_PORTS.get(name, []):
        yield f"its ports on the host are {found}, not {OPEN_PORTS.get(name, [])}"
    if any(":" not in str(port).partition(":")[2] for port in service.get("ports", [])):
        yield "a port without an address would be open to everyone"


def _references(
    root: Path, document: Mapping[str, Any], service: Mapping[str, Any], profiles: set[str]
) -> Iterator[str]:
    for other in service.get("depends_on", {}):
        if not profiles <= set(document["services"].get(other, {}).get("profiles", [])):
            yield f"it waits for {other}, which its profiles do not start"
    for secret in service.get("secrets", []):
        if secret not in document["secrets"]:
            yield f"there is no secret {secret}"
    given = [value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")]
    for path in given:
        if Path(path).name not in service.get("secrets", []):
            yield f"{path} is not given to it"
    for volume in service.get("volumes", []):
        source = str(volume).partition(":")[0]
        known = (root / source).exists() if source.startswith(".") else source in document["volumes"]
        if not known:
            yield f"there is no volume {source}"


def _ours(service: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_command(service["command"])
    yield from unknown_settings(list(service.get("environment", {})))
    if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
        yield "its root must be read-only and its capabilities dropped"
    if not str(service.get("user", "0")).startswith("10001"):
        yield "it must not run as root"
