"""Calibration: a perfect model has no error on average, a boastful one has its boast."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.statistics.calibration import (
    calibration_error,
    fit_temperature,
    reliability,
    sigmoid,
    softmax,
    squared_calibration_error,
)


def _answers(seed: int, rows: int, boast: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    honest = random.uniform(0.4, 0.95, rows)
    return np.clip(honest + boast, 0, 1), random.random(rows) < honest


def test_bins_hold_equally_many_rows_in_order() -> None:
    table = reliability(*_answers(1, 150), bins=15)
    assert [entry.rows for entry in table] == [10] * 15
    assert [entry.confidence for entry in table] == sorted(entry.confidence for entry in table)


def test_fewer_rows_than_bins_give_one_bin_a_row() -> None:
    assert len(reliability(np.array([0.4, 0.9]), np.array([True, False]))) == 2


def test_the_error_of_a_perfect_model_is_far_smaller_than_the_plain_one() -> None:
    found = [calibration_error(*_answers(seed, 2_000)) for seed in range(40)]
    plain = [
        np.mean([abs(e.confidence - e.accuracy) for e in reliability(*_answers(seed, 2_000))])
        for seed in range(40)
    ]
    assert float(np.mean(found)) < 0.6 * float(np.mean(plain))


def test_the_squared_error_of_a_perfect_model_is_nothing_on_average() -> None:
    found = [squared_calibration_error(*_answers(seed, 1_000)) for seed in range(100)]
    assert abs(float(np.mean(found))) < 3 * float(np.std(found)) / 10


def test_a_boast_shows() -> None:
    assert calibration_error(*_answers(2, 20_000, boast=0.05)) == pytest.approx(0.05, abs=0.01)
    assert squared_calibration_error(*_answers(2, 20_000, boast=0.05)) == pytest.approx(0.0025, abs=0.001)


def test_a_sure_and_right_model_is_calibrated() -> None:
    assert calibration_error(np.ones(30), np.ones(30, dtype=bool)) == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    random = np.random.default_rng(5)
    logits = 2 * random.standard_normal((20_000, 3))
    drawn = (softmax(logits / temperature).cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(logits, drawn) == pytest.approx(temperature, rel=0.05)


def test_probabilities_survive_huge_logits() -> None:
    assert softmax(np.array([[1e4, 0.0, -1e4]])).tolist() == [[1, 0, 0]]
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == pytest.approx([0, 0.5, 1])
