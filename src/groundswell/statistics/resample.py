"""How sure a figure is: bootstrap intervals, paired comparison of two models, and McNemar's test."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A figure of the rows with the given indices.
Figure = Callable[[NDArray[np.int64]], float]

ROUNDS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """How much the first of two models is better on the same rows."""

    difference: Estimate
    #: share of the resamples in which the first is not better: small means surely better
    not_better: float


def bootstrap(figure: Figure, rows: int, *, rounds: int = ROUNDS, seed: int = 0) -> Estimate:
    """Return a figure over ``rows`` rows with its percentile interval (Efron 1979)."""
    random = np.random.default_rng(seed)
    values = [figure(random.integers(0, rows, rows)) for _ in range(rounds)]
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(value=figure(np.arange(rows)), low=float(low), high=float(high))


def paired_bootstrap(
    first: Figure, second: Figure, rows: int, *, rounds: int = ROUNDS, seed: int = 0
) -> Comparison:
    """Compare two models on the same resamples of the same rows (Berg-Kirkpatrick et al. 2012)."""
    random = np.random.default_rng(seed)
    draws = (random.integers(0, rows, rows) for _ in range(rounds))
    values = np.array([first(draw) - second(draw) for draw in draws])
    everything = np.arange(rows)
    low, high = np.quantile(values, [0.025, 0.975])
    value = first(everything) - second(everything)
    estimate = Estimate(value=value, low=float(low), high=float(high))
    return Comparison(difference=estimate, not_better=float((values <= 0).mean()))


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p of McNemar's test: that two models err equally often on the same rows."""
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    differing = only_first + only_second
    if differing == 0:
        return 1.0
    tail = _log_binomial_tail(min(only_first, only_second), differing)
    return min(1.0, 2.0 * math.exp(tail))


def _log_binomial_tail(most: int, trials: int) -> float:
    """Return the logarithm of P(X ≤ most) for a fair coin, which does not underflow where the share would."""
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) for k in range(most + 1)
    ]
    top = max(logs)
    return top + math.log(sum(math.exp(value - top) for value in logs)) - trials * math.log(2)
