"""How far people agree beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number, with intervals."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

Metric = Literal["nominal", "ordinal"]
"""How far two labels are apart: all equally, or by how many labels were given between them."""

ROUNDS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """A coefficient with its 95 % bootstrap interval; None where it is not defined.

    It is not defined without a unit that two people labelled, or when all gave one and the same
    label: then there is no disagreement to be expected, and chance explains everything.
    """

    value: float | None
    low: float | None
    high: float | None
    #: units with two labels or more
    units: int


def kappa(pairs: Counts, *, rounds: int = ROUNDS, seed: int = 0) -> Agreement:
    """Return Cohen's kappa (1960) of two annotators.

    ``pairs`` has shape (labels, labels): how often the first said the row and the second the column.
    The interval resamples units; as a unit is one of the cells, that is one multinomial draw.
    """
    units = int(pairs.sum())
    if units == 0:
        return _undefined(0)
    random = np.random.default_rng(seed)
    draws = random.multinomial(units, pairs.ravel() / units, size=rounds).reshape(rounds, *pairs.shape)
    return _estimate(_kappas(pairs[None].astype(float)), _kappas(draws.astype(float)), units)


def _kappas(pairs: Floats) -> Floats:
    """Return the kappa of each of (n, labels, labels) tables; NaN where it is not defined."""
    units = pairs.sum(axis=(1, 2))
    chance = (pairs.sum(axis=2) * pairs.sum(axis=1)).sum(axis=1) / units
    agreed = np.trace(pairs, axis1=1, axis2=2)
    return _ratio(agreed - chance, units - chance)


def alpha(counts: Counts, metric: Metric = "nominal", *, rounds: int = ROUNDS, seed: int = 0) -> Agreement:
    """Return Krippendorff's alpha of any number of annotators, with any units missing.

    ``counts`` has shape (units, labels): how many people gave each label to each unit; a unit with
    fewer than two labels says nothing. Method: Krippendorff, Computing Krippendorff's
    Alpha-Reliability (2011). The interval resamples units; those labelled alike are drawn together.
    """
    told = counts[counts.sum(axis=1) >= 2]
    units = len(told)
    if units == 0:
        return _undefined(0)
    patterns, times = np.unique(told, axis=0, return_counts=True)
    within = _coincidences(patterns)
    draws = np.random.default_rng(seed).multinomial(units, times / units, size=rounds)
    resampled = np.tensordot(draws.astype(float), within, axes=1)
    whole = np.tensordot(times[None].astype(float), within, axes=1)
    return _estimate(_alphas(whole, metric), _alphas(resampled, metric), units)


def _coincidences(patterns: Counts) -> Floats:
    """Return for each unit (patterns, labels, labels) how often each two labels meet in it, per label given."""
    n = patterns.astype(float)
    met = n[:, :, None] * n[:, None, :]
    places = np.arange(n.shape[1])
    met[:, places, places] -= n  # nobody meets himself
    pairs: Floats = met / (n.sum(axis=1) - 1)[:, None, None]
    return pairs


def _alphas(coincidences: Floats, metric: Metric) -> Floats:
    """Return the alpha of each of (n, labels, labels) tables; NaN where it is not defined."""
    given = coincidences.sum(axis=2)
    apart = _distances(given, metric)
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (given[:, :, None] * given[:, None, :] * apart).sum(axis=(1, 2))
    return 1.0 - _ratio(observed * (given.sum(axis=1) - 1), expected)


def _distances(given: Floats, metric: Metric) -> Floats:
    """Return the squared distance of each two labels, (n, labels, labels)."""
    labels = given.shape[1]
    if metric == "nominal":
        return np.ones((1, labels, labels)) - np.eye(labels)
    middle = given.cumsum(axis=1) - given / 2  # where a label's own middle stands among all that were given
    squared: Floats = (middle[:, :, None] - middle[:, None, :]) ** 2
    return squared


def _ratio(above: Floats, below: Floats) -> Floats:
    found = np.full(len(above), np.nan)
    ratios: Floats = np.divide(above, below, out=found, where=np.abs(below) > 1e-12)
    return ratios


def _estimate(value: Floats, resampled: Floats, units: int) -> Agreement:
    if np.isnan(value[0]):
        return _undefined(units)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all resamples undefined: the interval is, too
        low, high = np.nanquantile(resampled, [0.025, 0.975])
    if np.isnan(low):
        return Agreement(value=float(value[0]), low=None, high=None, units=units)
    return Agreement(value=float(value[0]), low=float(low), high=float(high), units=units)


def _undefined(units: int) -> Agreement:
    return Agreement(value=None, low=None, high=None, units=units)
