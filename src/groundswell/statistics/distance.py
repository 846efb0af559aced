"""How far two samples are apart: shares of labels, means, and whole clouds of vectors, each with its interval."""

from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCKS = 20
"""Parts a cloud is cut into: their spread says how sure the distance of the whole is."""
ROUNDS = 400
"""Resamples behind an interval of a divergence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A figure and the interval it lies in; each bound errs with the tail that was asked for."""

    value: float
    low: float
    high: float


def psi(baseline: NDArray[np.int64], window: NDArray[np.int64]) -> float:
    """Return the population stability index of counts by label.

    It is the symmetric Kullback-Leibler divergence (Kullback and Leibler 1951) of the two
    distributions; by custom under 0.1 is no shift and over 0.25 a large one (Siddiqi 2006, Credit
    Risk Scorecards). Half a post is added to each label, so that one without posts is not infinitely far.
    """
    before, now = _shares(baseline), _shares(window)
    return float(((now - before) * np.log(now / before)).sum())


def jensen_shannon(baseline: NDArray[np.int64], window: NDArray[np.int64]) -> float:
    """Return the Jensen-Shannon divergence of counts by label, in bits: 0 the same, 1 nothing in common (Lin 1991)."""
    before, now = _shares(baseline), _shares(window)
    middle = (before + now) / 2
    parts = before * np.log2(before / middle) + now * np.log2(now / middle)
    return max(0.0, float(parts.sum()) / 2)


def _shares(counts: NDArray[np.int64]) -> Floats:
    padded = counts + 0.5
    return np.asarray(padded / padded.sum())


def psi_interval(
    baseline: NDArray[np.int64], window: NDArray[np.int64], tail: float, *, seed: int = 0
) -> Measured:
    """Return the index with the interval of its parametric bootstrap, less the bias that chance alone gives.

    Two samples of one distribution have an index of (labels - 1) (1 / n + 1 / m) on average (Yurdakul
    2018): that much is taken off, and the bounds follow from the spread of the square root, which is
    near to normal where the index itself is skewed.
    """
    n, m = int(window.sum()), int(baseline.sum())
    if not n or not m:
        return Measured(value=0.0, low=0.0, high=float("inf"))
    random = np.random.default_rng(seed)
    draws = zip(
        random.multinomial(m, _shares(baseline), ROUNDS),
        random.multinomial(n, _shares(window), ROUNDS),
        strict=True,
    )
    roots = np.sqrt([psi(before, now) for before, now in draws])
    bias = (len(window) - 1) * (1 / n + 1 / m)
    value = max(0.0, psi(baseline, window) - bias)
    reach = quantile(tail) * float(roots.std())
    return Measured(value=value, low=max(0.0, sqrt(value) - reach) ** 2, high=(sqrt(value) + reach) ** 2)


def mean_difference(baseline: Floats, window: Floats, tail: float) -> Measured:
    """Return how much larger the mean of `window` is, with the interval of Welch (1947), for large samples."""
    if len(baseline) < 2 or len(window) < 2:
        return Measured(value=0.0, low=float("-inf"), high=float("inf"))
    value = float(window.mean() - baseline.mean())
    error = sqrt(float(baseline.var(ddof=1)) / len(baseline) + float(window.var(ddof=1)) / len(window))
    reach = quantile(tail) * error
    return Measured(value=value, low=value - reach, high=value + reach)


def mean_interval(values: Floats, tail: float) -> Measured:
    """Return a mean with its interval, for large samples."""
    return mean_difference(np.zeros(2), values, tail)


def mean_shift(baseline: Floats, window: Floats) -> float:
    """Return how far the mean vectors are apart, in standard deviations of the baseline's cloud."""
    spread = sqrt(float(baseline.var(axis=0).sum()))
    gap = float(np.linalg.norm(window.mean(axis=0) - baseline.mean(axis=0)))
    return gap / spread if spread else 0.0


def energy(baseline: Floats, window: Floats, tail: float) -> Measured:
    """Return the energy coefficient of two clouds of vectors: 0 one and the same, 1 nothing in common.

    Energy distance over twice the mean distance between the clouds (Szekely and Rizzo 2013, Journal
    of Statistical Planning and Inference 143, 1249-1272), without the zeros of a point to itself, so that two
    samples of one cloud have 0 on average. It is the maximum mean discrepancy under the distance
    kernel (Sejdinovic et al. 2013). The interval is that of a jackknife over `BLOCKS` parts of both samples, which
    must be in no order.
    """
    if min(len(baseline), len(window)) < 2 * BLOCKS:
        return Measured(value=0.0, low=0.0, high=1.0)
    across, before, now = _sums(baseline, window), _sums(baseline, baseline), _sums(window, window)
    sizes = _sizes(baseline), _sizes(window)
    value = _coefficient(across, before, now, sizes, np.arange(BLOCKS))
    without = [
        _coefficient(across, before, now, sizes, np.delete(np.arange(BLOCKS), block))
        for block in range(BLOCKS)
    ]
    error = sqrt((BLOCKS - 1) * float(np.var(without)))
    reach = _student(tail, BLOCKS - 1) * error
    return Measured(value=max(0.0, value), low=max(0.0, value - reach), high=min(1.0, value + reach))


def _sums(a: Floats, b: Floats) -> Floats:
    """Return the sums of distances between the parts of two samples, shape (BLOCKS, BLOCKS)."""
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None, :] - 2 * (a @ b.T)
    distances = np.sqrt(np.maximum(squares, 0.0))
    if a is b:
        np.fill_diagonal(distances, 0.0)
    rows = np.add.reduceat(distances, _starts(a), axis=0)
    return np.asarray(np.add.reduceat(rows, _starts(b), axis=1))


def _starts(sample: Floats) -> NDArray[np.int64]:
    return np.arange(BLOCKS) * len(sample) // BLOCKS


def _sizes(sample: Floats) -> NDArray[np.int64]:
    return np.diff(np.append(_starts(sample), len(sample)))


def _coefficient(
    across: Floats,
    before: Floats,
    now: Floats,
    sizes: tuple[NDArray[np.int64], NDArray[np.int64]],
    kept: NDArray[np.int64],
) -> float:
    n, m = (int(size[kept].sum()) for size in sizes)
    chosen = np.ix_(kept, kept)
    between = float(across[chosen].sum()) / (n * m)
    within = float(before[chosen].sum()) / (n * (n - 1)) + float(now[chosen].sum()) / (m * (m - 1))
    return (2 * between - within) / (2 * between) if between else 0.0


def quantile(tail: float) -> float:
    """Return how many standard deviations leave `tail` of a normal distribution beyond them."""
    return NormalDist().inv_cdf(1 - tail)


def _student(tail: float, freedom: int) -> float:
    """Return the same of Student's distribution; expansion of Abramowitz and Stegun 26.7.5."""
    z = quantile(tail)
    v = float(freedom)
    terms = (
        (z**3 + z) / (4 * v),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3),
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4),
    )
    return z + sum(terms)


def log_lengths(lengths: Floats) -> Floats:
    """Return lengths on the scale on which a factor is a difference."""
    return np.asarray(np.log(np.maximum(lengths, 1.0)))


FACTOR_OF_LENGTH = log(1.25)
"""A quarter longer or shorter."""
