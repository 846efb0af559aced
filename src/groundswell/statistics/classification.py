"""How good labels are: confusion, recall, precision, F1 and their means over classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassQuality:
    """One class's figures, as shares of 1; a figure that has nothing to be a share of is 0."""

    precision: float
    recall: float
    f1: float
    #: rows of this class
    support: int


def confusion(truth: Ints, found: Ints, *, classes: int) -> Ints:
    """Return counts, shape (classes, classes): rows are the truth, columns what was found."""
    return np.bincount(truth * classes + found, minlength=classes * classes).reshape(classes, classes)


def class_quality(counts: Ints) -> list[ClassQuality]:
    """Return each class's figures from a confusion matrix."""
    hits = np.diag(counts)
    return [
        _quality(hits=int(hits[i]), found=int(counts[:, i].sum()), support=int(counts[i].sum()))
        for i in range(len(counts))
    ]


def label_quality(truth: Bools, found: Bools) -> list[ClassQuality]:
    """Return each label's figures where a text may carry several; both arrays of shape (texts, labels)."""
    hits = (truth & found).sum(axis=0)
    return [
        _quality(hits=int(hits[i]), found=int(found[:, i].sum()), support=int(truth[:, i].sum()))
        for i in range(truth.shape[1])
    ]


def _quality(*, hits: int, found: int, support: int) -> ClassQuality:
    precision = hits / found if found else 0.0
    recall = hits / support if support else 0.0
    f1 = 2 * hits / (found + support) if found + support else 0.0
    return ClassQuality(precision=precision, recall=recall, f1=f1, support=support)


def macro_recall(truth: Ints, found: Ints, *, classes: int) -> float:
    """Return the mean recall over the classes that occur: the measure of SemEval's sentiment task."""
    counts = confusion(truth, found, classes=classes)
    support = counts.sum(axis=1)
    seen = support > 0
    return float((np.diag(counts)[seen] / support[seen]).mean()) if seen.any() else 0.0


def macro_f1(qualities: list[ClassQuality]) -> float:
    """Return the mean F1 over the classes."""
    return float(np.mean([quality.f1 for quality in qualities]))


THRESHOLD_RESAMPLES = 200


def steady_thresholds(truth: Bools, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over bootstrap resamples of each label's best threshold; both of shape (rows, labels).

    The single best one of a rare label hangs on a handful of rows; a mean over resamples (bagging, Breiman 1996) does
    not. Resamples are drawn from a fixed seed.
    """
    draw = np.random.default_rng(1)
    drawn = (draw.integers(0, len(truth), len(truth)) for _ in range(THRESHOLD_RESAMPLES))
    found = [best_thresholds(truth[rows], probabilities[rows]) for rows in drawn]
    result: NDArray[np.float64] = np.mean(found, axis=0)
    return result


def best_thresholds(truth: Bools, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the threshold of each label that maximises its F1 on these rows; both of shape (rows, labels).

    A threshold lies midway between two neighbouring probabilities, so that it does not depend on their last digit.
    """
    return np.array([_best_threshold(truth[:, i], probabilities[:, i]) for i in range(truth.shape[1])])


def _best_threshold(truth: Bools, probabilities: NDArray[np.float64]) -> float:
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + max(1, int(truth.sum())))
    # A cut between two equal probabilities is no cut.
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0
    best = int(f1.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)
