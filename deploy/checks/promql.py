"""Which metrics a PromQL expression asks for, and whether anybody has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from groundswell.observe import METRICS

RULES = Path("deploy", "prometheus", "recording.rules.yml")
WORDS = {
    "and",
    "or",
    "unless",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "by",
    "without",
    "inf",
}
OTHERS = {"up"}
_LABELS = r"\b(?:by|without|on|ignoring)\s*\([^)]*\)"


def asked(expression: str) -> set[str]:
    """Return the names of the series that an expression selects."""
    bare = re.sub(r"\{[^}]*\}", " {} ", expression)
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]', " ", bare)
    bare = re.sub(_LABELS, " ", bare)
    words = re.finditer(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\()?", bare)
    return {word[1] for word in words if not word[2] and word[1] not in WORDS}


def labels(expression: str) -> set[str]:
    """Return the labels by which an expression groups."""
    return {
        word for found in re.findall(r"\bby\s*\(([^)]*)\)", expression) for word in re.findall(r"\w+", found)
    }


@cache
def _recorded(root: Path) -> frozenset[str]:
    groups = yaml.safe_load((root / RULES).read_text())["groups"]
    return frozenset(rule["record"] for group in groups for rule in group["rules"])


@cache
def _declared() -> frozenset[str]:
    found = set(OTHERS)
    for name, metric in METRICS.items():
        ends = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        found |= {name + end for end in ends}
    return frozenset(found)


KNOWN_LABELS = {label for metric in METRICS.values() for label in metric.labels} | {
    "le",
    "role",
    "instance",
    "job",
}


def unknown_metrics(expression: str, root: Path = Path(__file__).parents[2]) -> Iterator[str]:
    """Say what of an expression nobody declares: series, and labels it groups by."""
    known = _declared() | _recorded(root)
    yield from (f"nobody has the metric {name}" for name in sorted(asked(expression) - known))
    yield from (f"no metric has the label {name}" for name in sorted(labels(expression) - KNOWN_LABELS))
