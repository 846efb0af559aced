"""How the mood of a window went: one bucket per minute, hour or day, those without posts included."""

from collections.abc import Mapping, Sequence
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
    complete = collection.complete(window.start, window.end)
    return Timeline(
        window=window, period=period, buckets=_buckets(window, period, sums, collection), complete=complete
    )


def _buckets(
    window: Window, period: Period, sums: Mapping[int | None, Sums], collection: Collection
) -> list[Bucket]:
    """Return every bucket of the window; what is the same for all of them is looked up once."""
    length = LENGTHS[period]
    start, seconds = floor(window.start, length), int(length.total_seconds())
    first, last = collection.known
    first, last = max(first, window.start), min(last, window.end)
    name, found = second(start), list[Bucket]()
    while start < window.end:
        end = start + length
        complete = first <= start and end <= last and not (collection.gaps and collection.has_gap(start, end))
        found.append(Bucket(start, sums.get(name, NOTHING), complete))
        start, name = end, name + seconds
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
