"""How the mood of a window went: one bucket per minute, hour or day, those without posts included."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, chain, repeat
from operator import add, attrgetter
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
    """The buckets of a window in order, column by column: a day by the minute has 1,440."""

    window: Window
    period: Period
    starts: Sequence[datetime]
    sums: Sequence[Sums]
    #: of each bucket whether it is complete
    completes: Sequence[bool]
    #: whether every post of the window is counted that we know or could know of
    complete: bool

    @property
    def buckets(self) -> list[Bucket]:
        """The buckets one by one."""
        return list(map(Bucket, self.starts, self.sums, self.completes))

    @property
    def total(self) -> int:
        """Posts counted in all buckets."""
        return sum(map(attrgetter("total"), self.sums))

    @property
    def fallback_count(self) -> int:
        """Posts of all buckets that only a fallback could read so far."""
        return sum(map(attrgetter("fallback_count"), self.sums))

    @property
    def model_versions(self) -> list[str]:
        """The versions that read posts in any bucket, sorted."""
        return sorted(set(chain.from_iterable(map(attrgetter("model_versions"), self.sums))))


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
    length = LENGTHS[period]
    seconds, first = int(length.total_seconds()), floor(window.start, length)
    names = range(second(first), second(window.end), seconds)
    starts: list[datetime] = list(accumulate(repeat(length, len(names) - 1), add, initial=first))
    sums = window_sums(connection, window, filters, period)
    return Timeline(
        window=window,
        period=period,
        starts=starts,
        sums=list(map(sums.get, names, repeat(NOTHING))),
        completes=_completes(starts, length, window, collection),
        complete=collection.complete(window.start, window.end),
    )


def _completes(
    starts: Sequence[datetime], length: timedelta, window: Window, collection: Collection
) -> list[bool]:
    """Return of each bucket whether it is complete: the buckets of one stretch, without those that have a gap."""
    since, until = collection.known
    first = bisect_left(starts, max(since, window.start))
    last = max(first, bisect_right(starts, min(until, window.end), key=lambda start: start + length))
    found = [False] * first + [True] * (last - first) + [False] * (len(starts) - last)
    if collection.gaps:
        for place in range(first, last):
            found[place] = not collection.has_gap(starts[place], starts[place] + length)
    return found


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
