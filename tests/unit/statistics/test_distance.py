"""Distances of samples, beside the libraries and formulas they come from."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, jensenshannon
from scipy.stats import entropy, t, ttest_ind

from groundswell.statistics.distance import (
    BLOCKS,
    _student,
    energy,
    jensen_shannon,
    mean_difference,
    mean_shift,
    psi,
    psi_interval,
)

BEFORE, NOW = np.array([300, 400, 300]), np.array([520, 300, 180])


def test_divergences_are_those_of_the_reference_library() -> None:
    p, q = (BEFORE + 0.5) / (BEFORE + 0.5).sum(), (NOW + 0.5) / (NOW + 0.5).sum()
    assert psi(BEFORE, NOW) == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-12)
    assert jensen_shannon(BEFORE, NOW) == pytest.approx(jensenshannon(p, q, base=2) ** 2, abs=1e-12)
    assert psi(BEFORE, BEFORE) == jensen_shannon(BEFORE, BEFORE) == 0
    assert np.isfinite(psi(np.array([10, 0, 0]), np.array([0, 0, 10])))


def test_the_interval_of_the_index_holds_nothing_where_nothing_shifted_and_the_shift_where_it_did() -> None:
    random = np.random.default_rng(1)
    shares = (0.3, 0.4, 0.3)
    calm = [
        psi_interval(random.multinomial(3_000, shares), random.multinomial(400, shares), 0.001)
        for _ in range(50)
    ]
    assert max(found.low for found in calm) == 0
    truth = psi(BEFORE * 1000, NOW * 1000)
    shifted = [psi_interval(BEFORE * 10, random.multinomial(1_000, NOW / 1_000), 0.025) for _ in range(100)]
    assert 0.9 <= np.mean([found.low <= truth <= found.high for found in shifted]) <= 1.0


def test_means_are_compared_as_welch_does() -> None:
    random = np.random.default_rng(2)
    a, b = random.normal(0, 1, 4_000), random.normal(0.1, 2, 3_000)
    found, reference = (
        mean_difference(a, b, 0.025),
        ttest_ind(b, a, equal_var=False).confidence_interval(0.95),
    )
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=1e-3)


@pytest.mark.parametrize(("tail", "freedom"), [(0.025, 9), (0.001, 19), (0.0001, 19)])
def test_quantiles_are_students(tail: float, freedom: int) -> None:
    assert _student(tail, freedom) == pytest.approx(t.ppf(1 - tail, freedom), rel=2e-3)


def test_energy_is_the_unbiased_coefficient_of_the_whole_samples() -> None:
    random = np.random.default_rng(3)
    a, b = random.standard_normal((130, 8)), random.standard_normal((90, 8)) + 0.5
    across = cdist(a, b).mean()
    within = cdist(a, a).sum() / (130 * 129) + cdist(b, b).sum() / (90 * 89)
    found = energy(a, b, 0.001)
    assert found.value == pytest.approx((2 * across - within) / (2 * across), abs=1e-9)
    assert 0 < found.low < found.value < found.high


def test_one_cloud_is_at_no_distance_from_itself() -> None:
    random = np.random.default_rng(4)
    clouds = (random.standard_normal((2, 300, 16)) for _ in range(20))
    found = [energy(a, b, 0.001) for a, b in clouds]
    assert max(one.low for one in found) == 0 and np.mean([one.value for one in found]) < 0.003


def test_few_vectors_say_nothing() -> None:
    few = np.zeros((2 * BLOCKS - 1, 4))
    assert energy(few, few + 9, 0.001).low == 0


def test_mean_vectors_are_apart_by_the_baselines_spread() -> None:
    cloud = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert mean_shift(cloud, cloud + np.array([0.0, 3.0])) == pytest.approx(3.0)
