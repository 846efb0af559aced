"""Rules call when they are sure, wait when they are not, and keep their promise on calm streams."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from groundswell.alerts.rules import (
    LOOKS_A_DAY,
    LOOKS_OF_A_FALSE_ALARM,
    SHORTEST_CADENCE_SECONDS,
    Evidence,
    act,
    faded,
    fading,
    judge,
    level,
    tail,
)
from groundswell.core.alert import Incident, Rule, Status
from groundswell.statistics.exact import binomial_tail, sure_difference_interval

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHARE = Rule(name="r", type="negative_share")
CHANGE = Rule(name="r", type="change", label="positive", threshold=0.1)
VOLUME = Rule(name="r", type="volume", threshold=10)
DAYS = (20, 22, 18, 19, 25, 300, 21)


DRIFT = Rule(name="r", type="drift", threshold=1, min_posts=100)


def looked(*, beyond: int, perhaps: int, posts: int = 100) -> dict[str, Any]:
    """A look at drift, as it is kept."""
    return {"beyond": beyond, "perhaps": perhaps, "posts": posts, "baseline_posts": 500, "signals": []}


@pytest.mark.parametrize(
    ("rule", "evidence", "state"),
    [
        (SHARE, Evidence(n=0), "unsure"),
        (SHARE, Evidence(n=1, hits=1), "unsure"),
        (SHARE, Evidence(n=14, hits=14), "unsure"),
        (SHARE, Evidence(n=20, hits=12), "unsure"),
        (SHARE, Evidence(n=100, hits=60), "beyond"),
        (SHARE, Evidence(n=100, hits=48), "unsure"),
        (SHARE, Evidence(n=100, hits=30), "calm"),
        (SHARE, Evidence(n=100, hits=60, gap=True), "unsure"),
        (SHARE, Evidence(n=100, hits=30, gap=True), "unsure"),
        (CHANGE, Evidence(n=200, hits=60, baseline_n=1000, baseline_hits=600), "beyond"),
        (CHANGE, Evidence(n=200, hits=180, baseline_n=1000, baseline_hits=600), "beyond"),
        (CHANGE, Evidence(n=200, hits=100, baseline_n=1000, baseline_hits=600), "unsure"),
        (CHANGE, Evidence(n=200, hits=120, baseline_n=1000, baseline_hits=600), "calm"),
        (CHANGE, Evidence(n=200, hits=60, baseline_n=10, baseline_hits=9), "unsure"),
        (VOLUME, Evidence(n=320, past_days=DAYS), "beyond"),
        (VOLUME, Evidence(n=320, past_days=DAYS[:3]), "unsure"),
        (VOLUME, Evidence(n=220, past_days=DAYS), "unsure"),
        (VOLUME, Evidence(n=40, past_days=DAYS), "calm"),
        (VOLUME, Evidence(n=300, past_days=DAYS[:2]), "unsure"),
        (VOLUME, Evidence(n=14, past_days=(0, 0, 0)), "unsure"),
        (Rule(name="r", type="silence", threshold=30), Evidence(n=0, expected=20), "beyond"),
        (Rule(name="r", type="silence", threshold=30), Evidence(n=0, expected=2), "unsure"),
        (Rule(name="r", type="silence", threshold=30), Evidence(n=1, expected=20), "calm"),
        (Rule(name="r", type="system", threshold=60), Evidence(backlog_seconds=61), "beyond"),
        (Rule(name="r", type="system", threshold=60), Evidence(backlog_seconds=40), "unsure"),
        (Rule(name="r", type="system", threshold=60), Evidence(backlog_seconds=5), "calm"),
        (DRIFT, Evidence(n=100, hits=100), "unsure"),
        (DRIFT, Evidence(drift=looked(beyond=1, perhaps=2)), "beyond"),
        (DRIFT, Evidence(drift=looked(beyond=0, perhaps=1)), "unsure"),
        (DRIFT, Evidence(drift=looked(beyond=0, perhaps=0), gap=True), "calm"),
        (DRIFT, Evidence(drift=looked(beyond=3, perhaps=3, posts=99)), "unsure"),
    ],
)
def test_verdicts(rule: Rule, evidence: Evidence, state: str) -> None:
    verdict = judge(rule, evidence)
    assert verdict.state == state
    if state == "beyond" and rule.type in {"negative_share", "volume"}:
        assert verdict.interval[0] > rule.threshold


def incident(status: Status, resolved_at: datetime | None = None) -> Incident:
    return Incident(
        id=UUID(int=1), rule_id=1, alert_type="negative_share", message="", severity="warning", status=status,
        threshold_value=0.4, actual_value=0.6, interval=(0.5, 0.7), window_start=NOON, window_end=NOON,
        post_count=1, triggered_at=NOON, created_at=NOON, resolved_at=resolved_at,
    )  # fmt: skip


BEYOND, CALM, UNSURE = Evidence(n=100, hits=60), Evidence(n=100, hits=30), Evidence()
JUST = NOON - timedelta(minutes=29)
LONG_AGO = NOON - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("rule", "evidence", "last", "action"),
    [
        (SHARE, BEYOND, None, "open"),
        (SHARE, UNSURE, None, None),
        (SHARE, CALM, None, None),
        (SHARE, BEYOND, incident("open"), None),
        (SHARE, BEYOND, incident("acknowledged"), None),
        (SHARE, UNSURE, incident("open"), None),
        (SHARE, CALM, incident("open"), "resolve"),
        (SHARE, CALM, incident("acknowledged"), "resolve"),
        (SHARE, BEYOND, incident("resolved", JUST), None),
        (SHARE, BEYOND, incident("resolved", LONG_AGO), "open"),
        (Rule(name="r", type="negative_share", enabled=False), BEYOND, None, None),
        (Rule(name="r", type="negative_share", enabled=False), CALM, incident("open"), "resolve"),
        (Rule(name="r", type="negative_share", muted_until=NOON + timedelta(1)), BEYOND, None, None),
        (Rule(name="r", type="negative_share", muted_until=NOON), BEYOND, None, "open"),
    ],
)
def test_what_is_done(rule: Rule, evidence: Evidence, last: Incident | None, action: str | None) -> None:
    assert act(rule, judge(rule, evidence), last, NOON) == action


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [(22, 6, False), (11, 13, True), (12, 13, True), (11, 12, False), (20, 13, True)],
)
def test_quiet_hours_may_reach_over_midnight(start: int, end: int, quiet: bool) -> None:
    rule = Rule(name="r", type="volume", quiet_from=time(start), quiet_to=time(end))
    assert rule.quiet(NOON) is quiet


@pytest.mark.parametrize("n", [15, 20, 50, 100, 400])
def test_at_the_threshold_itself_few_looks_fire_by_chance(n: int) -> None:
    """Expectations add up, so this holds for whatever the looks have in common."""
    least = next(hits for hits in range(n + 1) if judge(SHARE, Evidence(n=n, hits=hits)).state == "beyond")
    allowed = LOOKS_OF_A_FALSE_ALARM * SHARE.false_alarms_per_day
    assert binomial_tail(least, n, SHARE.threshold) * LOOKS_A_DAY <= allowed
    assert tail(SHARE) == pytest.approx(allowed / LOOKS_A_DAY)


def test_the_level_is_that_of_the_interval() -> None:
    """A change errs in two directions, and short windows share few posts from look to look."""
    assert level(SHARE) == 1 - 2 * tail(SHARE)
    assert tail(CHANGE) == tail(SHARE) / 2
    now, before = (30, 50), (200, 600)
    verdict = judge(CHANGE, Evidence(n=50, hits=30, baseline_n=600, baseline_hits=200))
    assert verdict.interval == pytest.approx(sure_difference_interval(now, before, (1 - level(CHANGE)) / 2))
    assert tail(replace(SHARE, window_minutes=1)) == pytest.approx(tail(SHARE) / 3)


@pytest.mark.parametrize(
    ("evidence", "over"),
    [
        (Evidence(n=0), True),
        (Evidence(n=14, hits=14), True),
        (Evidence(n=100, hits=20), True),
        (Evidence(n=100, hits=60), False),
        (Evidence(n=20, hits=12), False),
        (Evidence(n=0, gap=True), False),
        (Evidence(n=100, hits=20, gap=True), False),
    ],
)
def test_an_incident_fades_when_its_posts_cease(evidence: Evidence, over: bool) -> None:
    assert faded(fading(SHARE), evidence) is over
    assert fading(SHARE).window == timedelta(hours=1)


@cache
def _state(n: int, hits: int) -> str:
    return judge(SHARE, Evidence(n=n, hits=hits)).state


STEP = SHORTEST_CADENCE_SECONDS


def looks(chance: np.random.Generator, rates: list[float], shares: list[float]) -> list[tuple[int, int]]:
    """Return (posts, negative ones) of the window at every look; rates in posts a minute, one per look."""
    n = chance.poisson(np.array(rates) * STEP / 60)
    hits = chance.binomial(n, shares)
    totals, negatives = np.concatenate([[0], n.cumsum()]), np.concatenate([[0], hits.cumsum()])
    ends = np.arange(1, len(n) + 1)
    minutes = np.ceil(ends * STEP / 60) - SHARE.window_minutes
    starts = np.maximum(0, np.ceil(minutes * 60 / STEP)).astype(int)
    return list(
        zip(
            (totals[ends] - totals[starts]).tolist(),
            (negatives[ends] - negatives[starts]).tolist(),
            strict=True,
        )
    )


def opened(found: list[tuple[int, int]]) -> list[int]:
    """Return the looks at which an incident is opened, by the rule's own functions."""
    places, last = [], None
    for place, (n, hits) in enumerate(found):
        state, at = _state(n, hits), NOON + timedelta(seconds=place * STEP)
        if state == "unsure" or (state == "calm" and (last is None or last.status == "resolved")):
            continue
        action = act(SHARE, judge(SHARE, Evidence(n=n, hits=hits)), last, at)
        if action == "open":
            last = incident("open")
            places.append(place)
        if action == "resolve":
            last = incident("resolved", at)
    return places


@pytest.mark.parametrize(("share", "most"), [(0.35, 4), (0.4, 16)])
@pytest.mark.parametrize("per_window", [20, 50, 100])
def test_calm_streams_raise_almost_nothing(per_window: int, share: float, most: int) -> None:
    """Four days at the shipped cadence and defaults, five points under the threshold and on it.

    Four a day are allowed; the plain rule makes 36 to 70 of the first.
    """
    count = round(4 * 86_400 / STEP)
    found = looks(np.random.default_rng(per_window), [per_window / 5] * count, [share] * count)
    assert len(opened(found)) <= most


def test_a_jump_is_caught_within_three_windows() -> None:
    """From 35 % to 60 % at 20 posts a minute; `benchmarks alerts` says how often, over more jumps."""
    calm, jump = round(600 / STEP), round(3 * 300 / STEP)
    chance = np.random.default_rng(7)
    caught = [
        any(
            calm <= place
            for place in opened(looks(chance, [20.0] * (calm + jump), [0.35] * calm + [0.6] * jump))
        )
        for _ in range(200)
    ]
    assert sum(caught) >= 196
