"""Computes an alert's figures again from the stored posts, and says which differ and so from when."""

from collections.abc import Mapping
from typing import Any

from groundswell.alerts.evidence import question_of, recounted
from groundswell.alerts.explanation import explain
from groundswell.alerts.message import reasons
from groundswell.alerts.rules import Evidence, judge
from groundswell.core.alert import EXPLAINED, Incident
from groundswell.core.errors import InvalidInput
from groundswell.store.alert_rules import unpacked


def again(connection: Any, incident: Incident) -> tuple[dict[str, Any], list[str]]:
    """Return the figures as the stored posts give them now, and the names of those that are not as stored.

    None differs unless posts of the window were edited, erased, expired or read again since. Raises
    `InvalidInput` for alerts that are not about posts.
    """
    if incident.alert_type not in EXPLAINED:
        raise InvalidInput(f"An alert of the type {incident.alert_type} has no explanation by posts.")
    stored: Any = incident.details
    rule = unpacked(stored["rule"])
    evidence = recounted(connection, rule, incident.window_end, Evidence())
    verdict = judge(rule, evidence)
    explanation = explain(connection, question_of(rule, incident.window_end))
    figures = {
        "actual_value": verdict.value,
        "interval": list(verdict.interval),
        "post_count": verdict.post_count,
        **({"past_days": list(evidence.past_days)} if rule.type == "volume" else {}),
        **reasons(explanation),
    }
    known = {
        **stored,
        "actual_value": incident.actual_value,
        "interval": list(incident.interval),
        "post_count": incident.post_count,
    }
    return figures, [name for name in figures if not _same(figures[name], known.get(name))]


def _same(a: Any, b: Any) -> bool:
    """Compare as JSON does: a tuple is a list."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
