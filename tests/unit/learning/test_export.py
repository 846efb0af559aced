"""What is done to trained weights before they are published."""

import numpy as np
import pytest

from groundswell.learning.balance import balanced
from groundswell.statistics.calibration import softmax


@pytest.mark.parametrize("balance", [0.0, 0.4, 1.0])
def test_scores_are_divided_by_how_frequent_each_label_was(balance: float) -> None:
    frequencies = np.array([0.15, 0.45, 0.4])
    logits, bias, temperature = np.array([[0.3, 1.2, -0.5]]), np.array([0.1, -0.2, 0.05]), 1.7
    before = softmax((logits + bias) / temperature)
    moved = balanced(bias, frequencies, temperature, balance).astype(np.float64)
    after = softmax((logits + moved) / temperature)
    wanted = before / frequencies**balance
    assert after == pytest.approx(wanted / wanted.sum(), abs=1e-6)
