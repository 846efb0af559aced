"""Whether everything is in: how far analysis has come, and when collection had gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import class_row

from groundswell.core.incoming import Gap
from groundswell.store.statements import load
from groundswell.views.filters import Filters, Window

SQL = load("groundswell.views", "collection")

MIXED = {"file", "synthetic"}
"""Connectors whose posts say themselves which source they are from; the others name their own."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Collection:
    """What is known of a window's completeness when a view is taken."""

    #: everything accepted before it is counted (DESIGN, decision 9); None: nobody knows
    watermark: datetime | None
    gaps: Sequence[Gap] = ()
    #: from when a topic's matches are known; None: from the beginning
    matched_since: datetime | None = None

    def complete(self, start: datetime, end: datetime) -> bool:
        """Tell whether the time from `start` to before `end` is behind the watermark and has no gap.

        On the clock `created` it speaks of the same time on our own clock: a post that reaches us
        long after it was written can still be added to a complete window.
        """
        first, last = self.known
        return first <= start and end <= last and not self.has_gap(start, end)

    @property
    def known(self) -> tuple[datetime, datetime]:
        """From when until when everything is known that there is no gap in; where nothing is, the end is first."""
        return self.matched_since or _EARLIEST, self.watermark or _EARLIEST

    def has_gap(self, start: datetime, end: datetime) -> bool:
        """Tell whether there is a gap between `start` and `end`."""
        return any(gap.start < end and start < gap.end for gap in self.gaps)


UNKNOWN = Collection(watermark=None)
"""Nothing is complete, for callers that do not ask."""


def collection(
    connection: Connection, window: Window, filters: Filters, watermark: datetime | None
) -> Collection:
    """Return what is known of the completeness of `window`.

    `watermark` is the oldest accept time in the backlog, else now, both read *before* the
    connection's transaction began: a post settled in between would else be missed and called
    counted. None where the stream does not answer.
    """
    return Collection(
        watermark=watermark,
        gaps=[gap for gap in _gaps(connection, window) if _concerns(gap, filters.source)],
        matched_since=_matched_since(connection, filters.topic),
    )


def _gaps(connection: Connection, window: Window) -> list[Gap]:
    with connection.cursor(row_factory=class_row(Gap)) as cursor:
        return cursor.execute(SQL["gaps"], {"start": window.start, "end": window.end}).fetchall()


def _concerns(gap: Gap, source: str | None) -> bool:
    """Tell whether posts of `source` may be missing: a connector is named `kind` or `kind:detail`."""
    kind = gap.source.partition(":")[0]
    return source is None or kind == source or kind in MIXED


def _matched_since(connection: Connection, topic: int | None) -> datetime | None:
    row = connection.execute(SQL["matched_since"], {"topic": topic}).fetchone() if topic else None
    return row[0] if row else None
