"""Terraform: parsed, every name resolved, and what must be encrypted and closed is; no provider is at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
from deploy.checks.common import program, run
from deploy.checks.containers import volumes

VARIABLES = {"aws_region", "project_name", "ecs_task_memory"}
MUST: tuple[tuple[str, str, str], ...] = (
    # kind, line that must stand in it, what it means
    ("aws_db_instance", "storage_encrypted true", "PostgreSQL must be encrypted at rest"),
    ("aws_db_instance", "publicly_accessible false", "PostgreSQL must not be public"),
    (
        "aws_elasticache_replication_group",
        "at_rest_encryption_enabled true",
        "Valkey must be encrypted at rest",
    ),
    (
        "aws_elasticache_replication_group",
        "transit_encryption_enabled true",
        "Valkey must be encrypted in transit",
    ),
    ("aws_efs_file_system", "encrypted true", "model files must be encrypted at rest"),
    ("aws_s3_bucket_public_access_block", "block_public_acls true", "the bucket must be closed"),
    ("aws_s3_bucket_public_access_block", "restrict_public_buckets true", "the bucket must be closed"),
)
ACCESS = (
    "GROUNDSWELL_ADMIN_KEY", "GROUNDSWELL_MODEL_SERVICE_KEY", "GROUNDSWELL_METRICS_TOKEN",
    "GROUNDSWELL_ALLOWED_HOSTS", "GROUNDSWELL_TRUSTED_PROXIES",
)  # fmt: skip
WANTED = (
    "aws_vpc", "aws_lb", "aws_ecs_service", "aws_db_instance", "aws_elasticache_replication_group",
    "aws_ecr_repository", "aws_efs_mount_target", "aws_secretsmanager_secret", "aws_s3_bucket",
    "aws_service_discovery_service",
    "aws_appautoscaling_policy", "aws_cloudwatch_log_group", "aws_sns_topic",
)  # fmt: skip


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    folder = root / "deploy" / "aws"
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.tf"))}
    parsed = {}
    for name, text in texts.items():
        try:
            parsed[name] = hcl2.loads(text)
        except Exception as error:  # noqa: BLE001 the parser raises whatever its grammar does
            yield f"{name}: {str(error)[:300]}"
    if len(parsed) == len(texts):
        yield from _names(texts, parsed)
        yield from _rules(texts, parsed)
        yield from _order(root, texts)
    yield from _format(folder, texts)


def _blocks(parsed: dict[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    for document in parsed.values():
        for block in document.get(kind, []):
            yield from (
                (str(name).strip('"'), body) for name, body in block.items() if not name.startswith("__")
            )


def _declared(parsed: dict[str, Any]) -> set[str]:
    names = {f"var.{name}" for name, _ in _blocks(parsed, "variable")}
    names |= {f"local.{name}" for name, _ in _blocks(parsed, "locals")}
    for kind, prefix in (("resource", ""), ("data", "data.")):
        for type_, body in _blocks(parsed, kind):
            names |= {f"{prefix}{type_}.{name.strip(chr(34))}" for name in body if not name.startswith("__")}
    return names


def _names(texts: dict[str, str], parsed: dict[str, Any]) -> Iterator[str]:
    declared, used = _declared(parsed), set()
    for name, text in texts.items():
        bare = re.sub(r"(?m)#.*$", "", text)
        found = set(re.findall(r"\b(?:data\.)?(?:aws|random)_\w+\.\w+|\b(?:var|local)\.\w+", bare))
        found = {one for one in found if not (f"data.{one}" in declared and f"data.{one}" in found)}
        used |= found
        yield from (f"{name}: there is no {one}" for one in sorted(found - declared))
    variables = {name for name in declared if name.startswith("var.")}
    yield from (f"variables.tf: nobody reads {name}" for name in sorted(variables - used))
    yield from (
        f"variables.tf: there is no variable {name}"
        for name in sorted(VARIABLES - {v[4:] for v in variables})
    )
    if "alb_url" not in {name for name, _ in _blocks(parsed, "output")}:
        yield "outputs.tf: there is no output alb_url"


def _rules(texts: dict[str, str], parsed: dict[str, Any]) -> Iterator[str]:
    there = {kind for kind, _ in _blocks(parsed, "resource")}
    yield from (f"nothing makes {kind}" for kind in WANTED if kind not in there)
    everything = "\n".join(texts.values())
    for kind, line, meaning in MUST:
        block = re.search(rf'(?ms)^resource "{kind}" .*?^}}', everything)
        name, value = line.split()
        if block and not re.search(rf"(?m)^\s*{name}\s*=\s*{value}\s*$", block[0]):
            yield meaning
    yield from (
        f"no role is given {name}" for name in ACCESS if not re.search(rf"(?m)^ +{name} +=", everything)
    )
    if "healthCheck " not in everything:
        yield "roles.tf: ECS does not read the image's health check; each role needs one"
    for name, text in texts.items():
        for block in re.findall(r'(?ms)^resource "aws_vpc_security_group_ingress_rule" .*?^}', text):
            if "0.0.0.0/0" in block and '"world"' not in block:
                yield f"{name}: the world reaches more than the balancer"
        for literal in re.findall(r'(?m)^\s*(?:password|auth_token)\s*=\s*"[^$"]+"', text):
            yield f"{name}: a secret is written down: {literal.strip()}"


def _order(root: Path, texts: dict[str, str]) -> Iterator[str]:
    """What a plan does not see, and an apply or the first start does."""
    everything = "\n".join(texts.values())
    oldest = re.search(r'required_version = ">= 1\.(\d+)"', everything)
    if "use_lockfile" in everything and (not oldest or int(oldest[1]) < 11):
        yield "versions.tf: use_lockfile needs Terraform 1.11"
    key = re.search(r'(?ms)^resource "aws_kms_key" .*?^}', everything)
    if not key or not re.search(r"(?m)^  policy +=", key[0]):
        yield "servers.tf: log groups may be made before the key lets CloudWatch use it"
    mounted = set(re.findall(r'containerPath = "([^"]+)"', everything))
    if "/data/models" not in mounted:
        yield "roles.tf: a version that one role trains must be seen by all (/data/models)"
    mounted.discard("/data/models")  # its access point says whose it is
    for path in sorted(mounted - volumes(root)):
        yield f"roles.tf: Fargate gives {path} to root where the image has no VOLUME there"
    tag = re.search(r'(?ms)^output "serving_image_tag" .*?^}', everything)
    if not tag or "depends_on  = [aws_ecs_service.roles]" not in tag[0]:
        yield "outputs.tf: serving_image_tag must be what serves, not what was asked for"


def _format(folder: Path, texts: dict[str, str]) -> Iterator[str]:
    """Terraform's own formatting where it is at hand; else what of it can be seen without."""
    for name, text in texts.items():
        if "\t" in text or re.search(r"(?m)[ ]+$", text):
            yield f"{name}: tabs, or spaces at the end of a line"
    if tool := program("terraform"):
        code, says = run([tool, "fmt", "-check", "-no-color", "-diff", "."], cwd=folder)
        if code:
            yield f"not formatted: {says}"
