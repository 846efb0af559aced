from __future__ import annotations

import pytest

from groundswell.supervise.restarts import Death, RestartRule, Restarts


def no_jitter() -> float:
    return 1.0


def test_the_wait_doubles_and_is_bounded() -> None:
    restarts = Restarts(RestartRule(first_seconds=1, longest_seconds=5), no_jitter)
    waits = [restarts.delay(now, "served") for now in range(5)]
    assert waits == [1, 2, 4, 5, 5]


def test_deaths_long_ago_are_forgotten() -> None:
    restarts = Restarts(RestartRule(first_seconds=1, window_seconds=60), no_jitter)
    assert restarts.delay(0, "served") == 1
    assert restarts.delay(61, "served") == 1


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_jitter_keeps_restarts_apart(jitter: float, wait: float) -> None:
    restarts = Restarts(RestartRule(first_seconds=1), lambda: jitter)
    assert restarts.delay(0, "served") == wait


def test_we_give_up_after_failed_starts_in_a_row() -> None:
    restarts = Restarts(RestartRule(give_up_after=3), no_jitter)
    assert restarts.delay(0, "failed") is not None
    assert restarts.delay(1, "failed") is not None
    assert restarts.delay(2, "failed") is None


@pytest.mark.parametrize(
    ("deaths", "why"),
    [
        ([(0, "failed"), (1, "failed"), (2, "served"), (3, "failed"), (4, "failed")], "it served in between"),
        ([(0, "failed"), (70, "failed"), (140, "failed")], "the window has passed"),
        ([(now, "served") for now in range(40)], "it always came back"),
        ([(now, "killed") for now in range(40)], "somebody else ended it"),
    ],
)
def test_we_do_not_give_up(deaths: list[tuple[float, Death]], why: str) -> None:
    restarts = Restarts(RestartRule(give_up_after=3), no_jitter)
    assert None not in [restarts.delay(now, death) for now, death in deaths], why
