"""ADWIN keeps still on a stream whose mean stays, and notices when it moves."""

import numpy as np
import pytest

from groundswell.statistics.adwin import MOST_BUCKETS, Adwin, changes


def test_its_window_holds_what_the_values_hold() -> None:
    values = np.random.default_rng(1).random(700)
    window = Adwin(delta=1e-300)  # never cuts
    for value in values.tolist():
        window.add(value)
    assert window.width == 700 and window.mean == pytest.approx(values.mean(), abs=1e-12)


def test_it_remembers_with_logarithmic_memory() -> None:
    window = Adwin()
    for _ in range(20_000):
        window.add(0.5)
    assert window.width == 20_000
    assert len(window._buckets) <= (MOST_BUCKETS + 1) * np.log2(20_000)


def test_no_false_alarm_on_many_stationary_streams() -> None:
    """Its guarantee is `delta` per look, that is 0.6 a stream of 10,000; the bound is far from tight."""
    random = np.random.default_rng(2)
    assert [len(changes(random.beta(9, 2, 10_000))) for _ in range(10)] == [0] * 10


@pytest.mark.parametrize(("size", "within"), [(0.2, 150), (0.1, 400), (0.05, 1_500)])
def test_an_abrupt_change_is_noticed_soon_and_named_as_it_was(size: float, within: int) -> None:
    random = np.random.default_rng(3)
    calm = random.normal(0.8, 0.1, 3_000)
    found = changes(np.clip(np.concatenate([calm, random.normal(0.8 - size, 0.1, 3_000)]), 0, 1))
    assert found and 3_000 < found[0].at <= 3_000 + within
    assert found[-1].after - found[0].before == pytest.approx(-size, abs=0.03)


def test_a_gradual_change_is_noticed_before_it_ends() -> None:
    random = np.random.default_rng(4)
    means = np.concatenate([np.full(3_000, 0.8), np.linspace(0.8, 0.6, 3_000)])
    found = changes(np.clip(random.normal(means, 0.1), 0, 1))
    assert found and 3_000 < found[0].at < 6_000
