"""When a rule would have called on stored history, and with what interval: the same rules, another clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

from groundswell.alerts.evidence import PAST_DAYS, counts_of, expected, filters_of, length_of
from groundswell.alerts.rules import Evidence, Verdict, act, faded, fading, judge
from groundswell.core.alert import SHARE_TYPES, Incident, Rule
from groundswell.core.errors import InvalidInput
from groundswell.views.completeness import Collection, collection
from groundswell.views.filters import DAY, HOUR, MINUTE, Window, ceil, floor
from groundswell.views.sums import NOTHING, Sums, second, window_sums

LONGEST = timedelta(days=31)
_NO_ID = UUID(int=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Firing:
    """One incident that would have been opened."""

    opened_at: datetime
    #: None: still open at the end
    resolved_at: datetime | None
    value: float
    interval: tuple[float, float]
    post_count: int


@dataclass(frozen=True, kw_only=True)
class _Minutes:
    """Running sums per minute, so that a span's counts are two look-ups."""

    start: datetime
    n: Sequence[int]
    hits: Sequence[int]
    #: the first minute that held a post
    first: datetime

    def between(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the posts of a span, and those of them that carry the label."""
        first, last = self._place(start), self._place(end)
        return self.n[last] - self.n[first], self.hits[last] - self.hits[first]

    def _place(self, moment: datetime) -> int:
        return min(max(0, (moment - self.start) // MINUTE), len(self.n) - 1)


def backtest(connection: Any, rule: Rule, start: datetime, end: datetime) -> list[Firing]:
    """Return the incidents `rule` would have opened between two moments, evaluated at each minute's end.

    It is asked as if it had been enabled and not muted all the time. Raises `InvalidInput` for more
    than 31 days, or for rules about the system itself, of whose past nothing is stored.
    """
    if rule.type in {"system", "drift"}:
        raise InvalidInput("Only rules about posts can be tested on history.", details={"parameter": "rule"})
    if not timedelta(0) < end - start <= LONGEST:
        raise InvalidInput("A back-test is over at most 31 days.", details={"parameter": "to"})
    rule = replace(rule, enabled=True, muted_until=None)
    return _walk(rule, _looks(connection, rule, ceil(start, MINUTE), floor(end, MINUTE)))


def _walk(rule: Rule, looks: Iterator["_Look"]) -> list[Firing]:
    firings: list[Firing] = []
    last: Incident | None = None
    for at, evidence, longer in looks:
        verdict = judge(rule, evidence)
        action = act(rule, verdict, last, at)
        if verdict.state == "unsure" and last is not None and _is_over(rule, longer, last, at):
            action = "resolve"
        if action == "open":
            last = _incident(rule, verdict, at)
            firings.append(
                Firing(
                    opened_at=at,
                    resolved_at=None,
                    value=verdict.value,
                    interval=verdict.interval,
                    post_count=verdict.post_count,
                )
            )
        if action == "resolve" and last is not None:
            last = replace(last, status="resolved", resolved_at=at)
            firings[-1] = replace(firings[-1], resolved_at=at)
    return firings


class _Look(NamedTuple):
    """What was known at one moment."""

    at: datetime
    evidence: Evidence
    #: the same of so long a span that an incident may have faded
    longer: Evidence


def _is_over(rule: Rule, longer: Evidence, last: Incident, at: datetime) -> bool:
    """Tell whether the posts of a share's incident have ceased."""
    if rule.type not in SHARE_TYPES or last.status == "resolved":
        return False
    asked = fading(rule)
    return at - asked.window >= last.window_end and faded(asked, longer)


def _looks(connection: Any, rule: Rule, start: datetime, end: datetime) -> Iterator[_Look]:
    """Yield what the look at every minute's end would have counted."""
    reach = {
        "change": timedelta(minutes=rule.baseline_minutes),
        "volume": PAST_DAYS * DAY,
        "silence": PAST_DAYS * DAY,
    }
    longer = fading(rule) if rule.type in SHARE_TYPES else rule
    before = reach.get(rule.type, timedelta(0)) + length_of(longer)
    window = Window(start=start - before - HOUR, end=end + MINUTE)
    filters = filters_of(rule)
    minutes = _minutes(rule, window, window_sums(connection, window, filters, "minute"))
    known = collection(connection, window, filters, window.end)
    for place in range((end - start) // MINUTE + 1):
        at = start + place * MINUTE
        evidence = _counted(rule, minutes, at, known)
        yield _Look(at, evidence, evidence if longer is rule else _counted(longer, minutes, at, known))


def _counted(rule: Rule, minutes: _Minutes, at: datetime, known: Collection) -> Evidence:
    begin = at - length_of(rule)
    n, hits = minutes.between(begin, at)
    watched = begin
    found = Evidence(n=n, hits=hits)
    if rule.type == "change":
        watched = begin - timedelta(minutes=rule.baseline_minutes)
        baseline_n, baseline_hits = minutes.between(watched, begin)
        found = replace(found, baseline_n=baseline_n, baseline_hits=baseline_hits)
    if rule.type in {"volume", "silence"}:
        found = replace(found, past_days=_past_days(minutes, begin, at, known))
    if rule.type == "silence":
        hour, _ = minutes.between(begin - HOUR, begin)
        found = replace(found, expected=expected(hour, at - begin, found.past_days))
    return replace(found, gap=any(gap.start < at and watched < gap.end for gap in known.gaps))


def _past_days(minutes: _Minutes, begin: datetime, at: datetime, known: Collection) -> list[int]:
    days = (day * DAY for day in range(1, PAST_DAYS + 1))
    return [
        minutes.between(begin - back, at - back)[0]
        for back in days
        if begin - back >= minutes.first and known.complete(begin - back, at - back)
    ]


def _minutes(rule: Rule, known: Window, sums: Mapping[int | None, Sums]) -> _Minutes:
    every = [known.start + place * MINUTE for place in range((known.end - known.start) // MINUTE)]
    counted = [counts_of(rule, sums.get(second(minute), NOTHING)) for minute in every]
    return _Minutes(
        start=known.start,
        n=[0, *accumulate(evidence.n for evidence in counted)],
        hits=[0, *accumulate(evidence.hits for evidence in counted)],
        first=next((minute for minute in every if second(minute) in sums), known.end),
    )


def _incident(rule: Rule, verdict: Verdict, at: datetime) -> Incident:
    return Incident(
        id=_NO_ID,
        rule_id=None,
        alert_type=rule.type,
        message="",
        severity=rule.severity,
        status="open",
        threshold_value=rule.threshold,
        actual_value=verdict.value,
        interval=verdict.interval,
        window_start=at - length_of(rule),
        window_end=at,
        post_count=verdict.post_count,
        triggered_at=at,
        created_at=at,
    )
