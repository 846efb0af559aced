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


def count_interval(count: int, tail: float) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean of which `count` was seen (Garwood 1936).

    Bounds are found to nine digits of the wide range they must lie in.
    """
    most = count + 20.0 + 12.0 * sqrt(count + 1.0)
    low = most * _root(lambda x: _gamma(count, most * x) - tail) if count else 0.0
    return low, most * _root(lambda x: _gamma(count + 1, most * x) - (1 - tail))


def difference_interval(now: tuple[int, int], before: tuple[int, int], tail: float) -> tuple[float, float]:
    """Return the interval of the difference of two shares, each given as (successes, n).

    Newcombe's hybrid score interval (1998, Statistics in Medicine 17, 873-890, method 10); it
    stays inside [-1, 1] and needs no large numbers. Each bound errs with probability `tail` or so.
    """
    level = 1 - 2 * tail
    (a, n), (b, m) = now, before
    if not n or not m:
        return -1.0, 1.0
    (low_a, high_a), (low_b, high_b) = wilson(a, n, level), wilson(b, m, level)
    p, q = a / n, b / m
    return (
        p - q - sqrt((p - low_a) ** 2 + (high_b - q) ** 2),
        p - q + sqrt((high_a - p) ** 2 + (q - low_b) ** 2),
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


def _gamma(a: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function: P(at least `a` | mean x) (DLMF 8.7, 8.9)."""
    if x <= 0:
        return 0.0
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for k in range(1, _STEPS):
            term *= x / (a + k)
            total += term
            if term < total * 1e-15:
                break
        return front * total
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    value = d
    for k in range(1, _STEPS):
        step, b = -k * (k - a), b + 2
        d, c = 1 / _not_zero(step * d + b), _not_zero(b + step / c)
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return 1 - front * value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
