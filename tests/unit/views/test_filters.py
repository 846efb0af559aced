"""Windows are widened to whole minutes and split into hours and minutes without a gap."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.core.errors import InvalidInput
from groundswell.views.filters import DAY, HOUR, MINUTE, Filters, Window, ceil, floor

moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.sampled_from([MINUTE, HOUR, DAY])


@given(moments, lengths)
def test_floor_and_ceil_are_the_nearest_edges(moment: datetime, length: timedelta) -> None:
    low, high = floor(moment, length), ceil(moment, length)
    assert low <= moment <= high
    assert high - low == (length if low != moment else timedelta(0))
    assert low.timestamp() % length.total_seconds() == 0


@given(moments, moments)
def test_a_window_holds_what_was_asked_for_and_less_than_two_minutes_more(a: datetime, b: datetime) -> None:
    start, end = min(a, b), max(a, b) + timedelta(microseconds=1)
    window = Window(start=start, end=end)
    assert window.start <= start and end <= window.end
    assert (window.end - window.start) - (end - start) < 2 * MINUTE
    first, last = window.whole_hours
    assert window.start <= first <= last <= window.end
    if first < last:
        assert first - window.start < HOUR and window.end - last < HOUR


def test_edges_in_another_zone_are_taken_to_utc() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    window = Window(start=datetime(2026, 1, 1, tzinfo=kathmandu), end=datetime(2026, 1, 2, tzinfo=kathmandu))
    assert window.start == datetime(2025, 12, 31, 18, 15, tzinfo=UTC)
    assert window.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 10, tzinfo=UTC)),
        (datetime.min.replace(tzinfo=timezone(HOUR)), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_windows_that_cannot_be_are_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(InvalidInput):
        Window(start=start, end=end)


def test_a_window_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Window(start=datetime(2026, 1, 1), end=datetime(2026, 1, 2))  # noqa: DTZ001


def test_und_asks_for_posts_without_a_language() -> None:
    assert Filters(lang="und").languages == ["", "und"]
    assert Filters(lang="en").languages == ["en"]
    assert Filters().languages is None
