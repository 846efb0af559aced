"""Counts what a rule is judged by: from rollups at every look, from the posts themselves before it calls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil as ceiling
from statistics import median
from typing import Any

from groundswell.alerts.explanation import Question, whole
from groundswell.alerts.rules import Evidence
from groundswell.core.alert import EXPLAINED, Rule
from groundswell.core.mood import EMOTIONS
from groundswell.store import drift_looks
from groundswell.store.drift_looks import Kind
from groundswell.views.completeness import collection
from groundswell.views.contrast import Span, how_many, parts
from groundswell.views.filters import HOUR, MINUTE, Filters, Window, ceil
from groundswell.views.history import past_days
from groundswell.views.sums import NOTHING, Sums, window_sums

PAST_DAYS = 14
NEWEST_LOOK = timedelta(hours=1)
"""A look at drift that is older says nothing of now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """How far analysis has come, and how old the oldest post is that waits."""

    #: everything accepted before is counted (DESIGN, decision 9)
    watermark: datetime
    backlog_seconds: float = 0.0


def filters_of(rule: Rule) -> Filters:
    """Return which posts a rule is about."""
    return Filters(source=rule.source, topic=rule.topic, lang=rule.lang)


def kind_of(rule: Rule) -> Kind:
    """Return which looks at drift a rule is about."""
    return Kind(
        topic=rule.topic,
        source=rule.source,
        lang=rule.lang,
        window_minutes=rule.window_minutes,
        baseline_minutes=rule.baseline_minutes,
    )


def question_of(rule: Rule, end: datetime) -> Question:
    """Return the exact spans a rule compares for a window that ends at `end`.

    The window holds whole minutes and the one that is under way; the baseline ends where it begins.
    """
    start = ceil(end, MINUTE) - length_of(rule)
    before = Span(start=start - timedelta(minutes=rule.baseline_minutes), end=start)
    return Question(
        now=Span(start=start, end=end),
        before=before,
        filters=filters_of(rule),
        label=rule.label,
        of_all=rule.type == "volume",
    )


def gather(connection: Any, rule: Rule, moment: Moment) -> Evidence:
    """Count from rollups what `rule` is judged by at `moment`."""
    if rule.type == "system":
        return Evidence(backlog_seconds=moment.backlog_seconds)
    if rule.type == "drift":
        kept = drift_looks.latest(connection, kind_of(rule), since=moment.watermark - NEWEST_LOOK)
        return Evidence(
            drift={**kept.figures, "model": kept.model, "at": kept.at.isoformat()} if kept else None
        )
    asked = question_of(rule, moment.watermark)
    window = Window(start=asked.now.start, end=asked.now.end)
    now = _sums(connection, window, asked.filters)
    found = counts_of(rule, now)
    watched = window
    if rule.type == "change":
        watched = Window(start=asked.before.start, end=asked.now.end)
        before = _sums(connection, Window(start=asked.before.start, end=asked.before.end), asked.filters)
        baseline = counts_of(rule, before)
        found = replace(found, baseline_n=baseline.n, baseline_hits=baseline.hits)
    if rule.type in {"volume", "silence"}:
        found = replace(found, past_days=past_days(connection, window, asked.filters, PAST_DAYS))
    if rule.type == "silence":
        found = replace(found, expected=_expected(connection, window, asked.filters, found.past_days))
    known = collection(connection, watched, asked.filters, moment.watermark)
    return replace(found, gap=bool(known.gaps))


def recounted(connection: Any, rule: Rule, end: datetime, evidence: Evidence) -> Evidence:
    """Count the posts of a rule that is about posts one by one, up to the watermark to the microsecond.

    So every figure of an alert can be computed again later, when the minute that was under way is
    long full. Other rules keep what the rollups said, and so do past days.
    """
    if rule.type not in EXPLAINED:
        return evidence
    asked = question_of(rule, end)
    if rule.type == "volume":
        window = Window(start=asked.now.start, end=end)
        days = past_days(connection, window, asked.filters, PAST_DAYS)
        return replace(evidence, n=how_many(connection, asked.now, asked.filters), past_days=days)
    now = whole(parts(connection, asked.now, asked.filters, asked.label), asked.now)
    before = whole(parts(connection, asked.before, asked.filters, asked.label), asked.before)
    return replace(evidence, n=now.n, hits=now.hits, baseline_n=before.n, baseline_hits=before.hits)


def length_of(rule: Rule) -> timedelta:
    """Return the length of a rule's window; silence is watched for as long as it must last.

    A window holds the minute that is under way: one more, and silence has lasted at least so long.
    """
    return timedelta(minutes=ceiling(rule.threshold) + 1) if rule.type == "silence" else rule.window


def _sums(connection: Any, window: Window, filters: Filters) -> Sums:
    return window_sums(connection, window, filters, "whole").get(None, NOTHING)


def counts_of(rule: Rule, sums: Sums) -> Evidence:
    """Return the posts of some sums, and those of them that carry the rule's label."""
    if rule.type in {"volume", "silence"}:
        return Evidence(n=sums.total + sums.fallback_count)
    kind, _, emotion = rule.label.rpartition(":")
    if kind:
        return Evidence(n=sum(sums.emotions), hits=sums.emotions[EMOTIONS.index(emotion)])
    return Evidence(n=sums.total, hits=sums.count(rule.label))  # type: ignore[arg-type]


def _expected(connection: Any, window: Window, filters: Filters, days: Sequence[int]) -> float:
    sums = _sums(connection, Window(start=window.start - HOUR, end=window.start), filters)
    return expected(sums.total + sums.fallback_count, window.end - window.start, days)


def expected(hour_before: int, length: timedelta, days: Sequence[int]) -> float:
    """Return what a window should hold: as in the hour before, and no more than on most past days."""
    return min([hour_before * (length / HOUR), *([float(median(days))] if days else [])])
