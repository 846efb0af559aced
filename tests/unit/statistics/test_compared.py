"""Agreement of two readers of the same posts."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from groundswell.statistics.compared import compared


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_the_reference_library(seed: int) -> None:
    random = np.random.default_rng(seed)
    first = random.integers(0, 3, 500)
    second = np.where(random.random(500) < 0.6, first, random.integers(0, 3, 500))
    table = np.zeros((3, 3), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    found = compared(table)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found.agreement == (first == second).mean() and found.posts == 500


def test_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    shares = np.array([[0.3, 0.05, 0.05], [0.05, 0.2, 0.05], [0.02, 0.08, 0.2]])
    truth = compared((shares * 1e9).round().astype(np.int64)).kappa
    assert truth is not None
    tables = (random.multinomial(300, shares.ravel()).reshape(3, 3) for _ in range(1000))
    held = [low <= truth <= high for low, high in (compared(table).kappa_interval for table in tables)]
    assert 0.93 <= np.mean(held) <= 0.97


def test_nothing_is_said_of_nothing_and_of_one_label() -> None:
    nothing = compared(np.zeros((3, 3), dtype=np.int64))
    assert (nothing.agreement, nothing.kappa, nothing.agreement_interval) == (None, None, (0.0, 1.0))
    one = compared(np.diag([7, 0, 0]))
    assert one.agreement == 1 and one.kappa is None
