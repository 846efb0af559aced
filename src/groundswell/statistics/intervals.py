"""Intervals for shares: what a count of posts says, and does not say, about the share behind it."""

from functools import cache
from math import sqrt
from statistics import NormalDist

LEVEL = 0.95
"""The level of every interval we show, unless it says otherwise."""


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the score interval of a share, as fractions (Wilson 1927, JASA 22, 209-212).

    `successes` of `n` posts have the property; of weighted posts both may be fractions. With n = 0
    nothing is known: (0, 1). Unlike the textbook interval it stays inside [0, 1], is never empty and
    is honest for small n and for shares near 0 and 1 (Brown, Cai and DasGupta 2001). No continuity
    correction.

    Simultaneous use: each interval covers its share with probability `level` on its own. The three
    intervals of one distribution hold together with at least 1 - 3 (1 - level), which is 85 % for
    95 % (Bonferroni); who needs them to hold together at 95 % asks for `level=1 - 0.05 / 3`.

    Raises `ValueError` unless 0 <= successes <= n and 0 < level < 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    if n == 0:
        return 0.0, 1.0
    z = _quantile(level)
    share, shrink = successes / n, 1 + z * z / n
    centre = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / shrink)
    high = 1.0 if successes == n else min(1.0, (centre + half) / shrink)
    return low, high


@cache
def _quantile(level: float) -> float:
    """Return how many standard deviations to each side hold `level` of a normal distribution."""
    if not 0 < level < 1:
        raise ValueError(f"{level} is no level: it lies between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)
