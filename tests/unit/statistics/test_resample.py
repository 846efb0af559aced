"""Intervals and comparisons by resampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from groundswell.statistics.resample import bootstrap, mcnemar, paired_bootstrap


def _flips(seed: int, rows: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random(rows) < share


def test_the_interval_of_a_share_is_the_one_theory_gives() -> None:
    right = _flips(1, 2_000, 0.7)
    estimate = bootstrap(lambda rows: float(right[rows].mean()), 2_000)
    half = 1.96 * (0.7 * 0.3 / 2_000) ** 0.5
    assert estimate.value == right.mean()
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.12)


def test_the_same_seed_gives_the_same_interval() -> None:
    right = _flips(2, 300, 0.5)
    assert bootstrap(lambda rows: float(right[rows].mean()), 300) == bootstrap(
        lambda rows: float(right[rows].mean()), 300
    )


def test_a_better_model_is_better_in_most_resamples() -> None:
    first, second = _flips(3, 1_000, 0.8), _flips(4, 1_000, 0.7)
    found = paired_bootstrap(lambda r: float(first[r].mean()), lambda r: float(second[r].mean()), 1_000)
    assert found.difference.low > 0 and found.not_better < 0.01


def test_two_equal_models_are_not_told_apart() -> None:
    right = _flips(5, 100, 0.6)
    found = paired_bootstrap(lambda r: float(right[r].mean()), lambda r: float(right[r].mean()), 100)
    assert found.difference.value == 0 and found.not_better == 1
    assert mcnemar(right, right) == 1


@pytest.mark.parametrize(("only_first", "only_second"), [(1, 0), (5, 5), (12, 3), (400, 300), (3_000, 2_000)])
def test_mcnemar_is_the_exact_binomial_test(only_first: int, only_second: int) -> None:
    first = np.array([True] * only_first + [False] * only_second + [True] * 9)
    second = np.array([False] * only_first + [True] * only_second + [True] * 9)
    expected = binomtest(only_first, only_first + only_second).pvalue
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-6, abs=1e-300)
