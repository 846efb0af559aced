"""Whether probabilities mean what they say: calibration error, reliability bins and temperature.

Source of the debiased error: A. Kumar, P. Liang and T. Ma, "Verified Uncertainty Calibration", NeurIPS 2019. A bin of
n rows shows a gap between confidence and accuracy even for a perfect model, because accuracy is estimated from n rows;
the debiased estimate takes off the gap expected from that alone.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliabilityBin:
    """Rows of like confidence."""

    #: mean confidence
    confidence: float
    #: share of them that were right
    accuracy: float
    rows: int


def reliability(confidence: Floats, right: NDArray[np.bool_], *, bins: int = BINS) -> list[ReliabilityBin]:
    """Return bins of equal mass, least confident first; fewer rows than bins give one bin a row."""
    order = np.argsort(confidence, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    return [
        ReliabilityBin(
            confidence=float(confidence[group].mean()), accuracy=float(right[group].mean()), rows=len(group)
        )
        for group in groups
    ]


def calibration_error(confidence: Floats, right: NDArray[np.bool_], *, bins: int = BINS) -> float:
    """Return the debiased expected calibration error, as a share of 1: the mean gap, less what chance alone gives.

    The chance part is the one of Kumar et al. (their normal approximation for the absolute error), in closed form: the
    mean of a folded normal distribution around the gap that was seen. It takes off about half of what chance alone
    gives, so that a perfect model still shows a small error; `squared_calibration_error` is free of it.
    """
    table = reliability(confidence, right, bins=bins)
    rows = sum(entry.rows for entry in table)
    gap = sum(entry.rows * abs(entry.confidence - entry.accuracy) for entry in table) / rows
    folded = sum(entry.rows * _folded_mean(entry) for entry in table) / rows
    return max(0.0, gap - (folded - gap))


def squared_calibration_error(confidence: Floats, right: NDArray[np.bool_], *, bins: int = BINS) -> float:
    """Return the debiased squared calibration error (their main estimator); may be slightly negative."""
    table = reliability(confidence, right, bins=bins)
    rows = sum(entry.rows for entry in table)
    return (
        sum(
            entry.rows
            * (
                (entry.confidence - entry.accuracy) ** 2
                - entry.accuracy * (1 - entry.accuracy) / max(1, entry.rows - 1)
            )
            for entry in table
        )
        / rows
    )


def _folded_mean(entry: ReliabilityBin) -> float:
    """Return the mean of |N(gap, s²)|, s being the standard error of the bin's accuracy."""
    gap = abs(entry.confidence - entry.accuracy)
    error = math.sqrt(entry.accuracy * (1 - entry.accuracy) / entry.rows)
    if error == 0.0:
        return gap
    at = gap / error
    return error * math.sqrt(2 / math.pi) * math.exp(-at * at / 2) + gap * math.erf(at / math.sqrt(2))


def softmax(logits: Floats) -> Floats:
    """Return probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: Floats) -> Floats:
    """Return independent probabilities."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))
    return result


def fit_temperature(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Return the temperature that makes the logits' softmax fit best (Guo et al. 2017), by golden-section search.

    The negative log-likelihood is convex in 1 / temperature, so the search finds its one minimum.
    """
    low, high = math.log(0.05), math.log(20.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _log_loss(logits * math.exp(left), truth) <= _log_loss(logits * math.exp(right), truth):
            high = right
        else:
            low = left
    return math.exp(-(low + high) / 2)


def _log_loss(logits: Floats, truth: NDArray[np.int64]) -> float:
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float((total - logits[np.arange(len(truth)), truth]).mean())
