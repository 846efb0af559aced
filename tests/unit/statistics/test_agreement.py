"""Kappa and alpha equal the reference libraries on a thousand simulated annotators; intervals cover."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from groundswell.statistics.agreement import Metric, alpha, kappa

ANNOTATORS, UNITS, LABELS = 1_000, 300, 3
MISSING = -1


@pytest.fixture(scope="module")
def said() -> NDArray[np.int64]:
    """What a thousand annotators, from careless to careful, say of the units they were given."""
    random = np.random.default_rng(20261122)
    truth = random.choice(LABELS, UNITS, p=[0.5, 0.3, 0.2])
    careful = random.uniform(0, 1, (ANNOTATORS, 1))
    knows = random.random((ANNOTATORS, UNITS)) < careful
    labels = np.where(knows, truth, random.choice(LABELS, (ANNOTATORS, UNITS)))
    return np.where(random.random((ANNOTATORS, UNITS)) < 0.4, labels, MISSING)


def crossed(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.zeros((LABELS, LABELS), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    return table


def counted(said: NDArray[np.int64], labels: int = LABELS) -> NDArray[np.int64]:
    return np.stack([(said == label).sum(axis=0) for label in range(labels)], axis=1)


def reference_alpha(said: NDArray[np.int64], metric: Metric, labels: int = LABELS) -> float:
    known = np.where(said == MISSING, np.nan, said.astype(float))
    return float(krippendorff.alpha(known, value_domain=list(range(labels)), level_of_measurement=metric))


def test_kappa_of_a_thousand_annotators_is_that_of_scikit_learn(said: NDArray[np.int64]) -> None:
    for one, other in zip(said, np.roll(said, 1, axis=0), strict=True):
        both = (one != MISSING) & (other != MISSING)
        first, second = one[both], other[both]
        found = kappa(crossed(first, second), rounds=1)
        assert found.units == both.sum()
        assert found.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@pytest.mark.parametrize("metric", ["nominal", "ordinal"])
def test_alpha_of_a_thousand_annotators_is_that_of_the_reference(
    said: NDArray[np.int64], metric: Metric
) -> None:
    assert alpha(counted(said), metric, rounds=1).value == pytest.approx(
        reference_alpha(said, metric), abs=1e-12
    )
    for start in range(0, ANNOTATORS, 10):  # and of each ten of them
        ten = said[start : start + 10]
        found = alpha(counted(ten), metric, rounds=1)
        assert found.value == pytest.approx(reference_alpha(ten, metric), abs=1e-12)


@given(
    st.integers(2, 5), st.integers(2, 8), st.integers(0, 2**32 - 1), st.sampled_from(["nominal", "ordinal"])
)
@settings(max_examples=60, deadline=None)
def test_alpha_of_any_table(labels: int, annotators: int, seed: int, metric: Metric) -> None:
    random = np.random.default_rng(seed)
    said = random.integers(-1, labels, (annotators, 12))
    found = alpha(counted(said, labels), metric, rounds=10)
    told = (said != MISSING).sum(axis=0) >= 2
    assert found.units == told.sum()
    if len(np.unique(said[:, told][said[:, told] != MISSING])) < 2:
        assert found.value is None
    else:
        assert found.value == pytest.approx(reference_alpha(said, metric, labels), abs=1e-10)


def test_krippendorffs_own_example() -> None:
    """Computing Krippendorff's Alpha-Reliability (2011), section C: nominal data, missing values."""
    nan = MISSING + 1
    rows = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ]
    counts = counted(np.array(rows) - 1, 5)
    assert alpha(counts).value == pytest.approx(0.743, abs=5e-4)
    assert alpha(counts, "ordinal").value == pytest.approx(0.815, abs=5e-4)


def test_without_disagreement_to_be_expected_nothing_is_claimed() -> None:
    assert kappa(np.zeros((3, 3), dtype=np.int64)).value is None
    assert kappa(np.diag([7, 0, 0])).value is None
    assert alpha(np.zeros((0, 3), dtype=np.int64)).value is None
    assert alpha(np.array([[2, 0, 0]] * 9)).value is None
    assert alpha(np.array([[1, 0, 0]] * 9)).units == 0


def test_perfect_agreement_is_one() -> None:
    assert kappa(np.diag([3, 4, 5])).value == 1.0
    found = alpha(np.diag([2, 2, 2]))
    assert (found.value, found.high) == (1.0, 1.0)


def test_the_interval_covers_what_it_should() -> None:
    """Two annotators who each know 80 % of 150 units and guess the rest, three hundred times."""
    random = np.random.default_rng(7)
    truth_kappa, covered_kappa, covered_alpha = 0.64, 0, 0
    for round_ in range(300):
        truth = random.integers(0, LABELS, 150)
        two = [np.where(random.random(150) < 0.8, truth, random.integers(0, LABELS, 150)) for _ in range(2)]
        found = kappa(crossed(*two), rounds=200, seed=round_)
        covered_kappa += found.low <= truth_kappa <= found.high  # type: ignore[operator]
        both = alpha(counted(np.stack(two)), rounds=200, seed=round_)
        covered_alpha += both.low <= truth_kappa <= both.high  # type: ignore[operator]
    assert covered_kappa >= 270 and covered_alpha >= 270  # 95 % of 300 are 285, four deviations 15
