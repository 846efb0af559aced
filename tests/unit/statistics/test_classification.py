"""Quality of labels, case by case and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from groundswell.statistics import classification


def _random(seed: int, rows: int = 500) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, rows)
    return truth, np.where(random.random(rows) < 0.6, truth, random.integers(0, 3, rows))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn_on_classes(seed: int) -> None:
    truth, found = _random(seed)
    counts = classification.confusion(truth, found, classes=3)
    qualities = classification.class_quality(counts)
    assert (counts == metrics.confusion_matrix(truth, found)).all()
    assert classification.macro_recall(truth, found, classes=3) == pytest.approx(
        metrics.balanced_accuracy_score(truth, found)
    )
    assert classification.macro_f1(qualities) == pytest.approx(
        metrics.f1_score(truth, found, average="macro")
    )
    assert [q.precision for q in qualities] == pytest.approx(
        metrics.precision_score(truth, found, average=None)
    )


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn_on_labels(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, found = random.random((300, 7)) < 0.3, random.random((300, 7)) < 0.3
    qualities = classification.label_quality(truth, found)
    assert classification.macro_f1(qualities) == pytest.approx(
        metrics.f1_score(truth, found, average="macro")
    )


def test_what_never_occurs_counts_for_nothing() -> None:
    truth, found = np.array([0, 0, 1]), np.array([0, 1, 1])
    assert classification.macro_recall(truth, found, classes=3) == pytest.approx(0.75)
    assert classification.class_quality(classification.confusion(truth, found, classes=3))[2].f1 == 0
    assert classification.macro_recall(np.array([], dtype=int), np.array([], dtype=int), classes=3) == 0


def test_the_best_threshold_is_the_best() -> None:
    random = np.random.default_rng(3)
    probabilities = random.random((200, 2))
    truth = random.random((200, 2)) < probabilities**2
    chosen = classification.best_thresholds(truth, probabilities)
    for label in range(2):
        f1s = [metrics.f1_score(truth[:, label], probabilities[:, label] > t) for t in np.linspace(0, 1, 301)]
        got = metrics.f1_score(truth[:, label], probabilities[:, label] > chosen[label])
        assert got >= max(f1s) - 1e-12


def test_equal_probabilities_are_not_told_apart() -> None:
    truth = np.array([[True], [False], [True], [False]])
    threshold = classification.best_thresholds(truth, np.array([[0.9], [0.5], [0.5], [0.1]]))[0]
    assert threshold == pytest.approx(0.3)


def test_steady_thresholds_of_a_rare_label_do_better_on_other_rows() -> None:
    random = np.random.default_rng(7)

    def rows(number: int) -> tuple[np.ndarray, np.ndarray]:
        scores = random.beta(0.4, 6, (number, 1))
        return random.random((number, 1)) < scores, scores

    truth, scores = rows(100_000)

    def f1(thresholds: np.ndarray) -> float:
        found = scores > thresholds
        return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))

    drawn = [rows(200) for _ in range(30)]
    steady = [classification.steady_thresholds(*few) for few in drawn]
    assert np.mean([f1(one) for one in steady]) > 0.01 + np.mean(
        [f1(classification.best_thresholds(*few)) for few in drawn]
    )
    assert steady[0] == classification.steady_thresholds(*drawn[0]), "the same each time"
