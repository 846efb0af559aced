"""What is different between two sets of posts: the terms, and where a change of a share comes from."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log, sqrt
from typing import Generic, TypeVar

Group = TypeVar("Group", bound=Hashable)


def log_odds_z(
    counts: Mapping[str, int], baseline: Mapping[str, int], prior: Mapping[str, float]
) -> dict[str, float]:
    """Return the z-score of each term of `prior`: how much more it is used in `counts` than in `baseline`.

    The log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, Political
    Analysis 16, 372-403, equations 15, 16, 19, 22). `prior` holds the pseudo-counts and must name
    every term of both with more than 0. Frequent words of no meaning and rare words of chance are
    both kept down, which plain ratios and plain differences each fail at.
    """
    whole = sum(prior.values())
    n, m = sum(counts.values()) + whole, sum(baseline.values()) + whole
    found: dict[str, float] = {}
    for term, alpha in prior.items():
        a, b = counts.get(term, 0) + alpha, baseline.get(term, 0) + alpha
        found[term] = (_log_odds(a, n) - _log_odds(b, m)) / sqrt(1 / a + 1 / b)
    return found


def _log_odds(count: float, total: float) -> float:
    return log(count) - log(total - count) if total > count else log(count)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Of one group: how many posts, and how many of them have the property."""

    n: int
    hits: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect(Generic[Group]):
    """What one group adds to the change of the whole share, as fractions."""

    group: Group
    #: because there are more or fewer of its posts
    mix: float
    #: because its own share moved
    rate: float


def split(now: Mapping[Group, Part], before: Mapping[Group, Part]) -> list[Effect[Group]]:
    """Return the effects of all groups; their sum is the change of the whole share, exactly.

    Kitagawa's decomposition (1955, JASA 50, 1168-1194): with weights w and shares r,
    mix = (w1 - w0) ((r0 + r1) / 2 - c) and rate = (r1 - r0) (w0 + w1) / 2, where c, the mean of both
    whole shares, changes no sum, because weights sum to 1, and makes a group's mix say whether the
    growth of *this* group raised the share. A group seen in one window only has a share in that one
    only: all it adds is mix. Computed in rational numbers, rounded at the very end. Empty when one
    of the windows is: there is no change then.
    """
    n, m = sum(part.n for part in now.values()), sum(part.n for part in before.values())
    if not n or not m:
        return []
    centre = (
        _share(sum(p.hits for p in now.values()), n) + _share(sum(p.hits for p in before.values()), m)
    ) / 2
    nothing = Part(n=0, hits=0)
    return [
        _effect(group, (now.get(group, nothing), n), (before.get(group, nothing), m), centre)
        for group in [*now, *(group for group in before if group not in now)]
    ]


def _effect(group: Group, now: tuple[Part, int], before: tuple[Part, int], centre: Fraction) -> Effect[Group]:
    (a, n), (b, m) = now, before
    w1, w0 = _share(a.n, n), _share(b.n, m)
    r1 = _share(a.hits, a.n) if a.n else _share(b.hits, b.n)
    r0 = _share(b.hits, b.n) if b.n else r1
    return Effect(
        group=group, mix=float((w1 - w0) * ((r0 + r1) / 2 - centre)), rate=float((r1 - r0) * (w0 + w1) / 2)
    )


def _share(hits: int, n: int) -> Fraction:
    return Fraction(hits, n) if n else Fraction(0)
