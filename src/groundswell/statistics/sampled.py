"""Shares of a population of which samples were drawn one after the other, while it grew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.statistics.intervals import wilson
from groundswell.statistics.resample import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One simple random sample without replacement of what no sample before had taken."""

    #: what could be drawn
    population: int
    drawn: int
    #: of those drawn, how many were observed; which ones is left to chance
    observed: int


def chances(samples: Sequence[Sample]) -> list[float]:
    """Return the chance of being observed of what was there from each sample on, in the order of the samples.

    From sample s on: the sum over the samples d from s on of the chance that none before d took it, times the
    chance that d observes it (Horvitz and Thompson 1952, JASA 47, 663-685).
    """
    found = [0.0] * (len(samples) + 1)
    for place in reversed(range(len(samples))):
        one = samples[place]
        share = one.drawn / one.population
        found[place] = one.observed / one.population + (1 - share) * found[place + 1]
    return found[:-1]


def shares(values: Floats, chance: Floats) -> list[Estimate]:
    """Return the share of each column of `values`, shape (observed, classes), rows that sum to 1.

    Each row counts by one over its chance of being observed, divided by the sum (Hájek 1971): with equal chances
    this is the plain share. The interval is Wilson's for as many rows as the weights are worth (Kish 1965).
    """
    weights = 1.0 / chance
    worth = float(weights.sum() ** 2 / (weights**2).sum())
    found = (weights @ values) / weights.sum()
    return [_estimate(min(1.0, max(0.0, float(share))), worth) for share in found]


def _estimate(share: float, worth: float) -> Estimate:
    low, high = wilson(share * worth, worth)
    return Estimate(value=share, low=low, high=high)
