"""When to call, and when it is over: pure functions of a rule and of what was counted.

A share rule fires when the lower bound of an exact interval lies beyond its threshold. The bound's
level follows from how often we look: were the true share to lie on the threshold itself, chance
would open `false_alarms_per_day` incidents a day at most (docs/decisions/0012-levels-of-alerts.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, pi
from statistics import median
from typing import Any, Literal

from groundswell.core.alert import AlertType, Incident, Rule
from groundswell.statistics.exact import exact_interval, ratio_interval, sure_difference_interval

SHORTEST_CADENCE_SECONDS = 8.0
"""Rules are never evaluated more often than this (and every 10 s at least)."""
LOOKS_A_DAY = 86_400 / SHORTEST_CADENCE_SECONDS

LOOKS_OF_A_FALSE_ALARM = 3
"""Looks at nearly the same posts fire together and open one incident: measured, 6 to 12 of them do.

Windows shorter than so many minutes share fewer posts: there it is one look for each minute.
"""

FADING_WINDOWS = 12
"""An incident of a share ends, too, when hardly a post came for so many windows."""

FEWEST_DAYS = 3
"""Volume is compared with as many past days at least."""
SPREAD = 5 * 1.4826
"""Median absolute deviations that count as five standard deviations of normal days."""
MEDIAN_EFFICIENCY = 2 / pi
"""Of a median of days is known what a mean of so large a part of them would tell."""

State = Literal["beyond", "calm", "unsure"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What was counted for one rule up to one moment."""

    #: posts of the window, and those of them that carry the rule's label
    n: int = 0
    hits: int = 0
    #: the same of the baseline
    baseline_n: int = 0
    baseline_hits: int = 0
    #: posts of the same minutes of past days, newest day first
    past_days: Sequence[int] = ()
    #: posts that the window should hold by all we know; None: nothing is known
    expected: float | None = None
    #: age of the oldest post that waits, in seconds
    backlog_seconds: float = 0.0
    #: the newest look at drift: its figures, as `analysis.drift` keeps them; None: there is none
    drift: Mapping[str, Any] | None = None
    #: whether a source was not listening in the window or its baseline
    gap: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a rule says of its evidence."""

    state: State
    value: float
    interval: tuple[float, float]
    post_count: int
    #: why it is unsure, or what is beyond, for people
    reason: str = ""


Action = Literal["open", "resolve"]


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    """Say whether the evidence lies beyond the rule's threshold, is calm, or allows neither."""
    verdict = _JUDGES[rule.type](rule, evidence)
    if evidence.gap and rule.type not in {"system", "drift"}:
        return Verdict(
            state="unsure",
            value=verdict.value,
            interval=verdict.interval,
            post_count=verdict.post_count,
            reason="collection has a gap",
        )
    return verdict


def tail(rule: Rule) -> float:
    """Return the probability with which one bound of one look may err.

    Expectations add up whatever the looks have in common, so the looks that fire by chance are
    `LOOKS_OF_A_FALSE_ALARM * false_alarms_per_day` a day at most. A change has two directions to
    err in, and half of it for each.
    """
    together = min(LOOKS_OF_A_FALSE_ALARM, rule.window_minutes)
    sides = 2 if rule.type == "change" else 1
    return min(0.25, together * rule.false_alarms_per_day / LOOKS_A_DAY / sides)


def level(rule: Rule) -> float:
    """Return the level of the intervals that `rule` is judged by."""
    return 1 - 2 * tail(rule)


def act(rule: Rule, verdict: Verdict, last: Incident | None, at: datetime) -> Action | None:
    """Say what to do about `verdict`, given the rule's newest incident."""
    if last is not None and last.status != "resolved":
        return "resolve" if verdict.state == "calm" else None
    if verdict.state != "beyond" or not rule.enabled or rule.muted(at):
        return None
    ended = last.resolved_at if last else None
    cooling = ended is not None and at < ended + timedelta(minutes=rule.cooldown_minutes)
    return None if cooling else "open"


def fading(rule: Rule) -> Rule:
    """Return `rule` as it is asked of so long a span that an incident whose posts cease does not last."""
    return replace(rule, window_minutes=FADING_WINDOWS * rule.window_minutes)


def faded(rule: Rule, evidence: Evidence) -> bool:
    """Tell whether of a long span without the incident's own posts too little is left to be beyond."""
    verdict = judge(rule, evidence)
    return not evidence.gap and (evidence.n < rule.min_posts or verdict.state == "calm")


def _share(rule: Rule, evidence: Evidence) -> Verdict:
    n, hits = evidence.n, evidence.hits
    interval = exact_interval(hits, n, tail(rule))
    share = hits / n if n else 0.0
    if n < rule.min_posts:
        return _too_few(share, interval, n)
    state: State = "unsure"
    if interval[0] > rule.threshold:
        state = "beyond"
    elif share <= rule.threshold - rule.hysteresis:
        state = "calm"
    return Verdict(state=state, value=share, interval=interval, post_count=n)


def _change(rule: Rule, evidence: Evidence) -> Verdict:
    now, before = (evidence.hits, evidence.n), (evidence.baseline_hits, evidence.baseline_n)
    interval = sure_difference_interval(now, before, tail(rule))
    if min(evidence.n, evidence.baseline_n) < rule.min_posts:
        return _too_few(0.0, interval, evidence.n)
    change = now[0] / now[1] - before[0] / before[1]
    state: State = "unsure"
    if interval[0] > rule.threshold or interval[1] < -rule.threshold:
        state = "beyond"
    elif abs(change) <= max(0.0, rule.threshold - rule.hysteresis):
        state = "calm"
    return Verdict(state=state, value=change, interval=interval, post_count=evidence.n)


def _volume(rule: Rule, evidence: Evidence) -> Verdict:
    usual = max(1.0, median(evidence.past_days)) if evidence.past_days else 1.0
    known = max(1, int(usual * len(evidence.past_days) * MEDIAN_EFFICIENCY))
    value, interval = evidence.n / usual, ratio_interval(evidence.n, known, known / usual, tail(rule))
    if len(evidence.past_days) < FEWEST_DAYS:
        return Verdict(
            state="unsure",
            value=value,
            interval=interval,
            post_count=evidence.n,
            reason=f"fewer than {FEWEST_DAYS} past days are known",
        )
    spread = SPREAD * median(abs(count - usual) for count in evidence.past_days)
    unusual = evidence.n >= rule.min_posts and evidence.n > usual + spread
    state: State = "unsure"
    if unusual and interval[0] > rule.threshold:
        state = "beyond"
    elif value <= rule.threshold * (1 - rule.hysteresis):
        state = "calm"
    return Verdict(state=state, value=value, interval=interval, post_count=evidence.n)


def _silence(rule: Rule, evidence: Evidence) -> Verdict:
    """Nothing came where, by what is usual, something would have come almost surely."""
    minutes = float(rule.threshold)
    if evidence.n:
        return Verdict(state="calm", value=0.0, interval=(0.0, minutes), post_count=evidence.n)
    likely = evidence.expected is not None and exp(-evidence.expected) <= tail(rule)
    return Verdict(
        state="beyond" if likely else "unsure",
        value=minutes,
        interval=(minutes, minutes),
        post_count=0,
        reason="" if likely else "so few posts are usual that none means nothing",
    )


def _system(rule: Rule, evidence: Evidence) -> Verdict:
    """Posts have been waiting for longer than the threshold, in seconds."""
    seconds = evidence.backlog_seconds
    state: State = "unsure"
    if seconds > rule.threshold:
        state = "beyond"
    elif seconds <= rule.threshold / 2:
        state = "calm"
    return Verdict(state=state, value=seconds, interval=(seconds, seconds), post_count=0)


def _drift(rule: Rule, evidence: Evidence) -> Verdict:
    """So many signals of the newest look are surely beyond what matters; over when too few are even perhaps."""
    found = evidence.drift
    if found is None:
        return Verdict(
            state="unsure", value=0.0, interval=(0.0, 0.0), post_count=0, reason="nothing was looked at yet"
        )
    surely, perhaps, posts = float(found["beyond"]), float(found["perhaps"]), int(found["posts"])
    if min(posts, int(found["baseline_posts"])) < rule.min_posts:
        return _too_few(surely, (surely, perhaps), posts)
    state: State = "beyond" if surely >= rule.threshold else "calm" if perhaps < rule.threshold else "unsure"
    named = [signal["name"].replace("_", " ") for signal in found["signals"] if signal["state"] == "beyond"]
    return Verdict(
        state=state, value=surely, interval=(surely, perhaps), post_count=posts, reason=", ".join(named)
    )


def _too_few(value: float, interval: tuple[float, float], n: int) -> Verdict:
    return Verdict(state="unsure", value=value, interval=interval, post_count=n, reason="too few posts")


_JUDGES: dict[AlertType, Callable[[Rule, Evidence], Verdict]] = {
    "negative_share": _share,
    "emotion_share": _share,
    "change": _change,
    "volume": _volume,
    "silence": _silence,
    "system": _system,
    "drift": _drift,
}
