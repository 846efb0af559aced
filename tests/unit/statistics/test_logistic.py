"""The head that is fitted is the one that minimises the loss, whatever the way there."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from groundswell.statistics.logistic import Linear, Link, Material, fit

ROWS, WIDTH, LABELS = 300, 6, 3


def material(seed: int = 1) -> tuple[Material, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, LABELS, ROWS)
    vectors = random.standard_normal((ROWS, WIDTH)) + 0.8 * np.eye(LABELS, WIDTH)[truth]
    weights = random.uniform(0.5, 3.0, ROWS)
    return Material(vectors=vectors, targets=np.eye(LABELS)[truth], weights=weights), truth


def nothing() -> Linear:
    return Linear(weight=np.zeros((WIDTH, LABELS)), bias=np.zeros(LABELS))


@pytest.mark.parametrize("pull", [0.5, 20.0])
def test_without_bias_it_is_what_the_reference_library_finds(pull: float) -> None:
    given, truth = material()
    found = fit(given, nothing(), link="one", pull=pull)
    # theirs does not pull the intercept: give ours to it as one more column
    rows = np.column_stack([given.vectors, np.ones(ROWS)])
    theirs = LogisticRegression(C=1 / pull, fit_intercept=False, tol=1e-10, max_iter=10_000)
    theirs.fit(rows, truth, sample_weight=given.weights)
    ours = np.vstack([found.weight, found.bias])
    assert np.abs(ours - theirs.coef_.T).max() < 0.02


@pytest.mark.parametrize("link", ["one", "any"])
def test_a_strong_pull_leaves_the_head_and_a_weak_one_lets_it_learn(link: Link) -> None:
    given, truth = material()
    start = nothing()
    tied = fit(given, start, link=link, pull=1e9)
    free = fit(given, start, link=link, pull=1e-3)
    assert np.abs(tied.weight).max() < 1e-3
    assert ((given.vectors @ free.weight + free.bias).argmax(axis=1) == truth).mean() > 0.5


def test_what_it_answers_already_changes_nothing() -> None:
    given, _ = material()
    start = Linear(weight=np.random.default_rng(2).standard_normal((WIDTH, LABELS)), bias=np.ones(LABELS))
    logits = given.vectors @ start.weight + start.bias
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = fit(
        Material(vectors=given.vectors, targets=answers, weights=given.weights), start, link="one", pull=1.0
    )
    assert np.abs(found.weight - start.weight).max() < 1e-9
