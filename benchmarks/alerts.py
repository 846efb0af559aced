"""How often a calm stream raises an alert, and how soon a jump does, at shipped defaults.

Beside it the plain rule that others ship: alert whenever the share in the window is over the
threshold, whatever the number of posts, with the same pause after an incident and without one.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import machine
from groundswell.alerts.rules import SHORTEST_CADENCE_SECONDS, Evidence, act, judge
from groundswell.core.alert import Incident, Rule

RULE = Rule(name="default", type="negative_share")
STEP = SHORTEST_CADENCE_SECONDS
Counts = NDArray[np.generic]
DAYS, JUMPS = 30, 2_000
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPEN = Incident(
    id=UUID(int=0), rule_id=1, alert_type="negative_share", message="", severity="warning", status="open",
    threshold_value=0.4, actual_value=0.6, interval=(0.5, 0.7), window_start=NOON, window_end=NOON,
    post_count=1, triggered_at=NOON, created_at=NOON,
)  # fmt: skip


def main() -> None:
    """Print both tables."""
    machine("numpy")
    print(f"   looks every {STEP:.0f} s, window 5 min, threshold 40 %, {DAYS} simulated days, seeds fixed")
    print("   incidents a day:        true share 35 %   true share 40 %   plain rule at 35 %, every 5 min")
    for per_window in (20, 50, 100):
        calm, edge = (
            _a_day(per_window, share, 17 * per_window + place) for place, share in enumerate((0.35, 0.40))
        )
        print(f"   {per_window:4} posts a window {calm:15.2f} {edge:17.2f} {_plain(per_window):20.1f}")
    for per_minute in (4, 10, 20):
        caught = _jumps(per_minute)
        within = [np.mean([seconds <= windows * 300 for seconds in caught]) for windows in (1, 2, 3)]
        shown = ", ".join(f"{share:.1%} within {n}" for n, share in enumerate(within, 1))
        print(
            f"   jump 35 % to 60 % at {per_minute:2} posts/min: {shown} windows; median {np.median(caught):.0f} s"
        )


def _a_day(per_window: int, share: float, seed: int) -> float:
    count = round(DAYS * 86_400 / STEP)
    n, hits = _looks(np.random.default_rng(seed), np.full(count, per_window / 5), np.full(count, share))
    return len(_opened(n, hits)) / DAYS


def _plain(per_window: int) -> float:
    """The rule of `share > threshold` on windows that do not overlap, 288 a day: what it fires a day."""
    chance = np.random.default_rng(per_window)
    n = chance.poisson(per_window, DAYS * 288)
    hits = chance.binomial(n, 0.35)
    return float((hits > RULE.threshold * np.maximum(n, 1)).sum() / DAYS)


def _jumps(per_minute: int) -> list[float]:
    calm, jump = round(600 / STEP), round(3 * 300 / STEP)
    chance = np.random.default_rng(per_minute)
    shares = np.concatenate([np.full(calm, 0.35), np.full(jump, 0.6)])
    found = []
    for _ in range(JUMPS):
        opened = _opened(*_looks(chance, np.full(calm + jump, float(per_minute)), shares))
        found.append(next(((place - calm + 1) * STEP for place in opened if place >= calm), float("inf")))
    return found


def _looks(chance: np.random.Generator, rates: Counts, shares: Counts) -> tuple[Counts, Counts]:
    """Return posts and negative posts of the window at every look: whole minutes and the one under way."""
    n = chance.poisson(rates * STEP / 60)
    hits = chance.binomial(n, shares)
    totals, negatives = np.concatenate([[0], n.cumsum()]), np.concatenate([[0], hits.cumsum()])
    ends = np.arange(1, len(n) + 1)
    starts = np.ceil((np.ceil(ends * STEP / 60) - RULE.window_minutes) * 60 / STEP)
    first = np.maximum(0, starts).astype(int)
    return totals[ends] - totals[first], negatives[ends] - negatives[first]


@cache
def _state(n: int, hits: int) -> str:
    return judge(RULE, Evidence(n=n, hits=hits)).state


def _opened(n: Counts, hits: Counts) -> list[int]:
    """Return the looks at which the rule's own functions open an incident."""
    places: list[int] = []
    last: Incident | None = None
    for place, (posts, negative) in enumerate(zip(n.tolist(), hits.tolist(), strict=True)):
        state = _state(posts, negative)
        idle = last is None or last.status == "resolved"
        if state == "unsure" or (state == "calm") == idle:
            continue
        at = NOON + timedelta(seconds=place * STEP)
        action = act(RULE, judge(RULE, Evidence(n=posts, hits=negative)), last, at)
        if action == "open":
            last = OPEN
            places.append(place)
        elif action == "resolve":
            last = replace(OPEN, status="resolved", resolved_at=at)
    return places
