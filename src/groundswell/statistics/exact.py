"""Exact one-sided levels for shares and counts, which hold for any number of posts, however small."""

from collections.abc import Callable
from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt

from groundswell.statistics.intervals import wilson

_TINY = 1e-300
_STEPS = 10_000
_BISECTIONS = 60


def binomial_tail(successes: int, n: int, share: float) -> float:
    """Return the probability of `successes` or more among `n` posts when the true share is `share`."""
    if successes <= 0:
        return 1.0
    if successes > n:
        return 0.0
    return _beta(share, successes, n - successes + 1)


@lru_cache(maxsize=4096)
def exact_interval(successes: int, n: int, tail: float) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a share; each bound errs with probability `tail` at most.

    Unlike Wilson's it keeps its promise for every n and share (Clopper and Pearson 1934,
    Biometrika 26, 404-413), which a rule needs that is asked thousands of times a day. With n = 0
    nothing is known: (0, 1).
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    low = _root(lambda p: binomial_tail(successes, n, p) - tail) if successes else 0.0
    high = _root(lambda p: tail - 1 + binomial_tail(successes + 1, n, p)) if successes < n else 1.0
    return low, high


def ratio_interval(count: int, baseline: int, size: float, tail: float) -> tuple[float, float]:
    """Return the interval of how many times as many events a span holds as the baseline did on average.

    `count` were seen in the span and `baseline` (1 or more) in `size` spans like it. Given both
    together, one is binomial, so bounds are Clopper and Pearson's (Przyborowski and Wilenski 1940,
    Biometrika 31, 313-323): each errs with probability `tail` at most, and a baseline of few events
    makes the interval wide.
    """
    low, high = exact_interval(count, count + baseline, tail)
    return size * low / (1 - low), size * high / max(1 - high, _TINY)


def difference_interval(now: tuple[int, int], before: tuple[int, int], tail: float) -> tuple[float, float]:
    """Return the interval of the difference of two shares, each given as (successes, n).

    Newcombe's hybrid score interval (1998, Statistics in Medicine 17, 873-890, method 10); it
    stays inside [-1, 1] and needs no large numbers. Each bound errs with probability `tail` or so.
    """
    level = 1 - 2 * tail
    if not now[1] or not before[1]:
        return -1.0, 1.0
    return _hybrid(now, before, wilson(*now, level), wilson(*before, level))


def sure_difference_interval(
    now: tuple[int, int], before: tuple[int, int], tail: float
) -> tuple[float, float]:
    """Return an interval as `difference_interval` does, whose bounds err no more often than they say.

    Wilson's limits keep their level on average only: far out in the tails, with few posts now and
    many before, Newcombe's interval errs up to four times as often as it says. The same combination
    of exact limits (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702) does not.
    """
    if not now[1] or not before[1]:
        return -1.0, 1.0
    return _hybrid(now, before, exact_interval(*now, tail), exact_interval(*before, tail))


def _hybrid(
    now: tuple[int, int],
    before: tuple[int, int],
    of_now: tuple[float, float],
    of_before: tuple[float, float],
) -> tuple[float, float]:
    """Combine the intervals of two shares to one of their difference, by squares and sums."""
    p, q = now[0] / now[1], before[0] / before[1]
    return (
        p - q - sqrt((p - of_now[0]) ** 2 + (of_before[1] - q) ** 2),
        p - q + sqrt((of_now[1] - p) ** 2 + (q - of_before[0]) ** 2),
    )


def _root(rising: Callable[[float], float]) -> float:
    """Return where a rising function on [0, 1] crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (DLMF 8.17.22, by Lentz's method)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _not_zero(1 + step * d), _not_zero(1 + step / c)
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
