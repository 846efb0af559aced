"""How many posts a feed has: exactly where rollups can tell, else counted as far as is cheap."""

from dataclasses import replace
from datetime import UTC, datetime

from psycopg import Connection

from groundswell.views.feed_query import SQL, FeedQuery, parameters, statement
from groundswell.views.filters import MINUTE, Window, ceil, floor
from groundswell.views.sums import NOTHING, Sums, window_sums

COUNT_LIMIT = 10_000
"""Posts that no rollup counts are counted up to this many."""

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)


def total_of(connection: Connection, query: FeedQuery) -> tuple[int, bool]:
    """Return how many posts pass, whatever the page, and whether that is only a lower bound."""
    sealed = _sealed_before(connection)
    counted = _from_rollups(connection, query, sealed)
    if counted is None:
        return _count(connection, query)
    if sealed is None or query.start is not None:
        return counted, False
    # what retention has sealed but not yet removed is few, and is counted one by one
    before = replace(query, clock="ingested", end=ceil(sealed, MINUTE))
    remaining, is_lower_bound = _count(connection, before)
    return counted + remaining, is_lower_bound


def _sealed_before(connection: Connection) -> datetime | None:
    row = connection.execute(SQL["sealed_before"]).fetchone()
    return row[0] if row else None


def _count(connection: Connection, query: FeedQuery) -> tuple[int, bool]:
    bound = parameters(query) | {"most": COUNT_LIMIT + 1}
    row = connection.execute(statement("feed_count", query, paged=False), bound).fetchone()
    counted = row[0] if row else 0
    return min(counted, COUNT_LIMIT), counted > COUNT_LIMIT


def _from_rollups(connection: Connection, query: FeedQuery, sealed: datetime | None) -> int | None:
    """Return the posts that rollups count behind the sealed ones; None where they cannot tell."""
    window = _window(query, sealed)
    if window is None or query.q is not None or (query.sentiment and query.emotion):
        return None
    sums = window_sums(connection, window, query.filters, "whole").get(None, NOTHING)
    if query.sentiment or query.emotion:
        # fallback readings have a sentiment too, but are counted apart from it
        return None if sums.fallback_count else _labelled(sums, query)
    return sums.total + sums.fallback_count


def _labelled(sums: Sums, query: FeedQuery) -> int:
    if query.sentiment:
        return sums.count(query.sentiment)
    return sums.by_emotion[query.emotion] if query.emotion else sums.total


def _window(query: FeedQuery, sealed: datetime | None) -> Window | None:
    """Return the window whose rollups count exactly the posts asked for; None: there is none."""
    if any(edge is not None and edge != floor(edge, MINUTE) for edge in (query.start, query.end)):
        return None
    if query.start is None and query.end is None:
        # every post is on both clocks, and retention goes by the clock of ingestion
        return Window(start=ceil(sealed, MINUTE) if sealed else _BEGINNING, end=_END)
    if sealed is not None and (query.start is None or query.clock == "created" or query.start < sealed):
        return None
    start, end = query.start or _BEGINNING, query.end or _END
    return Window(start=start, end=end, clock=query.clock) if start < end else None
