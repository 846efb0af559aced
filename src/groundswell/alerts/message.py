"""An incident in words: the sentence people read, and the JSON that programs get."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Any

from groundswell.alerts.explanation import Explanation, Whole
from groundswell.alerts.rules import Evidence, Verdict, level
from groundswell.core.alert import Incident, Rule

SHOWN_TERMS = 3


def sentence(rule: Rule, verdict: Verdict, explanation: Explanation | None, end: datetime) -> str:
    """Say what happened: number, interval, reason."""
    low, high = verdict.interval
    until = f"in the {rule.window_minutes} minutes to {end.astimezone(UTC):%H:%M} UTC"
    says = {
        "negative_share": f"{_label(rule)} share is {verdict.value:.0%} ({low:.0%} to {high:.0%}), over "
        f"{rule.threshold:.0%}, {until}, of {verdict.post_count:,} posts",
        "change": f"{_label(rule)} share moved by {100 * verdict.value:+.0f} points ({100 * low:+.0f} to "
        f"{100 * high:+.0f}) {until}, of {verdict.post_count:,} posts",
        "volume": f"{verdict.post_count:,} posts {until}, {verdict.value:.1f} times the usual "
        f"({low:.1f} to {high:.1f})",
        "silence": f"No post for {verdict.value:.0f} minutes, to {end.astimezone(UTC):%H:%M} UTC",
        "drift": f"{verdict.value:.0f} signals of drift ({verdict.reason}) in the {rule.window_minutes // 60} hours "
        f"to {end.astimezone(UTC):%H:%M} UTC, of {verdict.post_count:,} posts; see `groundswell models report`",
        "system": f"Posts have been waiting for {verdict.value:.0f} s; workers are behind or gone",
    }
    says["emotion_share"] = says["negative_share"]
    return f"{rule.name}: {says.get(rule.type, '')}.{_reason(explanation)}"


def _label(rule: Rule) -> str:
    return rule.label.rpartition(":")[2].capitalize()


def _reason(explanation: Explanation | None) -> str:
    named = [term.term for term in explanation.terms[:SHOWN_TERMS]] if explanation else []
    return f" It is about: {', '.join(named)}." if named else ""


def details(rule: Rule, rule_id: int, evidence: Evidence, explanation: Explanation | None) -> dict[str, Any]:
    """Return what is stored with an incident as JSON: the rule as it was, and why."""
    kept: dict[str, Any] = {
        "rule": {"id": rule_id, **_plain(asdict(rule))},
        "topic": rule.topic,
        "level": level(rule),
        "terms": [],
        "splits": {},
        "near_duplicate_share": None,
        "distinct_authors": None,
        "posts": [],
    }
    if rule.type == "volume":
        kept["past_days"] = list(evidence.past_days)
    if rule.type == "drift":
        kept["drift"] = evidence.drift
    return kept | (reasons(explanation) if explanation else {})


def reasons(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON; posts stand in it by their ids."""
    return {
        "now": _whole(explanation.now),
        "baseline": _whole(explanation.before),
        "change": explanation.change,
        "terms": [asdict(term) for term in explanation.terms],
        "splits": {
            dimension: {
                "mix": [asdict(share) for share in found.mix],
                "rate": [asdict(share) for share in found.rate],
            }
            for dimension, found in explanation.splits.items()
        },
        "near_duplicate_share": explanation.near_duplicate_share,
        "distinct_authors": explanation.distinct_authors,
        "posts": [str(id_) for id_ in explanation.posts],
        "sampled": explanation.sampled,
    }


def _whole(whole: Whole) -> dict[str, Any]:
    return {
        "from": whole.span.start.isoformat(),
        "to": whole.span.end.isoformat(),
        "total": whole.n,
        "count": whole.hits,
        "share": whole.share,
        "interval": list(whole.interval),
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: v.isoformat() if isinstance(v, datetime | time) else v for key, v in values.items()}


def as_json(incident: Incident, *, link: str = "") -> dict[str, Any]:
    """Return an incident as every outside gets it: live feed, webhooks, API."""
    values = {
        "id": str(incident.id),
        "alert_type": incident.alert_type,
        "message": incident.message,
        "severity": incident.severity,
        "status": incident.status,
        "threshold_value": incident.threshold_value,
        "actual_value": incident.actual_value,
        "interval": list(incident.interval),
        "window_start": incident.window_start,
        "window_end": incident.window_end,
        "post_count": incident.post_count,
        "triggered_at": incident.triggered_at,
        "created_at": incident.created_at,
        "details": {**incident.details, "posts": [{"id": id_} for id_ in _ids(incident.details)]},
    }
    return values | ({"url": link} if link else {})


def _ids(kept: Mapping[str, Any]) -> Iterable[str]:
    return kept.get("posts") or ()
