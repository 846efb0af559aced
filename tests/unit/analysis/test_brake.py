"""The brake on parking: when it goes on, and how slowly it lets go."""

from datetime import UTC, datetime

from groundswell.analysis.brake import FREE, Brake, BrakeRules
from groundswell.core.clock import ManualClock


def brake(limit: int = 5, in_a_row: int = 3) -> tuple[Brake, ManualClock]:
    clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
    return Brake(clock, BrakeRules(limit=limit, in_a_row=in_a_row)), clock


def test_it_stays_off_below_both_limits() -> None:
    tested, _ = brake()
    for recently in (1, 2):
        tested.parked(recently)
    tested.went_well()
    for recently in (3, 4):
        tested.parked(recently)
    assert tested.appetite() == FREE and not tested.is_on


def test_many_in_a_row_put_it_on() -> None:
    tested, _ = brake()
    for _ in range(3):
        tested.parked(1)
    assert tested.is_on and tested.appetite() == 0


def test_many_in_the_window_put_it_on_whoever_parked_them() -> None:
    tested, _ = brake()
    tested.parked(5)
    assert tested.appetite() == 0


def test_it_resumes_with_one_post_and_doubles_until_it_is_free() -> None:
    tested, clock = brake()
    tested.parked(5)
    clock.advance(29.9)
    assert tested.appetite() == 0
    clock.advance(0.2)
    seen = []
    while tested.is_on:
        seen.append(tested.appetite())
        tested.went_well()
    assert seen == [2**power for power in range(11)]
    assert tested.appetite() == FREE


def test_another_bad_post_pauses_twice_as_long_up_to_five_minutes() -> None:
    tested, clock = brake()
    pauses = []
    for _ in range(6):
        tested.parked(5)
        began = clock.monotonic()
        while not tested.appetite():
            clock.advance(1)
        pauses.append(clock.monotonic() - began)
        assert tested.appetite() == 1
    assert pauses == [30, 60, 120, 240, 300, 300]
