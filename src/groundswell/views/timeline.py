"""How the mood of a window went: one bucket per minute, hour or day, those without posts included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection

from groundswell.core.errors import InvalidInput
from groundswell.views.completeness import UNKNOWN, Collection
from groundswell.views.filters import LENGTHS, OUTSIDE, Filters, Period, Window, ceil, floor
from groundswell.views.sums import NOTHING, Sums, second, window_sums

MAX_BUCKETS = 50_000
"""Most buckets in one answer: five weeks of minutes, or more than five years of hours."""


class Bucket(NamedTuple):
    """One minute, hour or day; at the window's edges only the part that lies inside the window."""

    #: when the period begins, which at the first bucket may be before the window does
    start: datetime
    sums: Sums
    #: whether the whole period is inside the window, behind the watermark and without a gap
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The buckets of a window in order."""

    window: Window
    period: Period
    buckets: Sequence[Bucket]
    #: whether every post of the window is counted that we know or could know of
    complete: bool

    @property
    def total(self) -> int:
        """Posts counted in all buckets."""
        return sum(bucket.sums.total for bucket in self.buckets)

    @property
    def fallback_count(self) -> int:
        """Posts of all buckets that only a fallback could read so far."""
        return sum(bucket.sums.fallback_count for bucket in self.buckets)

    @property
    def model_versions(self) -> list[str]:
        """The versions that read posts in any bucket, sorted."""
        return sorted({model for bucket in self.buckets for model in bucket.sums.model_versions})


def timeline(
    connection: Connection,
    window: Window,
    filters: Filters,
    period: Period,
    collection: Collection = UNKNOWN,
) -> Timeline:
    """Return the buckets of `window`; their counts sum to the distribution's.

    Days are days of UTC. Raises `InvalidInput` beyond `MAX_BUCKETS` and beyond the year 9999.
    """
    _bound(window, period)
    sums = window_sums(connection, window, filters, period)
    first, length = second(floor(window.start, LENGTHS[period])), int(LENGTHS[period].total_seconds())
    buckets = [
        Bucket(
            start=start,
            sums=sums.get(first + number * length, NOTHING),
            complete=window.start <= start and end <= window.end and collection.complete(start, end),
        )
        for number, (start, end) in enumerate(_periods(window, period))
    ]
    complete = collection.complete(window.start, window.end)
    return Timeline(window=window, period=period, buckets=buckets, complete=complete)


def _bound(window: Window, period: Period) -> None:
    length = LENGTHS[period]
    try:
        buckets = (ceil(window.end, length) - floor(window.start, length)) / length
    except OverflowError:
        raise InvalidInput(OUTSIDE, details={"parameter": "to"}) from None
    if buckets > MAX_BUCKETS:
        raise InvalidInput(
            f"By the {period} this window has {buckets:,.0f} buckets and {MAX_BUCKETS:,} is the most; "
            "take a longer period or a shorter window.",
            details={"parameter": "period", "provided": period},
        )


def _periods(window: Window, period: Period) -> Iterator[tuple[datetime, datetime]]:
    length = LENGTHS[period]
    start = floor(window.start, length)
    while start < window.end:
        yield start, start + length
        start += length
