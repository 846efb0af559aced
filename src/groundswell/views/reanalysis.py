"""Parts of history as another version reads them: the posts to read, and both readings side by side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.rows import class_row

from groundswell.core.mood import SENTIMENTS
from groundswell.statistics.compared import Compared, compared
from groundswell.store.statements import load
from groundswell.views.cursor import Cursor
from groundswell.views.feed_query import FeedQuery, filled, parameters, statement
from groundswell.views.filters import Filters, Period

SQL = load("groundswell.views", "reanalysis")

_FIELDS = ("sentiment", "emotion", "q", "start", "end", "clock")


class Waiting(NamedTuple):
    """A post to be read again."""

    id: UUID
    moment: datetime
    revision: int
    #: of its vector by the encoder in question; both None where there is none
    scale: float | None
    values: bytes | None
    #: its text where there is no vector
    content: str | None


class Flip(NamedTuple):
    """A post that two versions read differently."""

    id: UUID
    source: str
    content: str
    moment: datetime
    headline_model: str
    #: index in `SENTIMENTS`
    headline: int
    #: ten-thousandths
    headline_scores: Sequence[int]
    reading: int
    reading_scores: Sequence[int]


Counts = tuple[int, int, int]
"""Posts by sentiment, in the order of `SENTIMENTS`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """One bucket as the headlines have it and as the version reads it: the same posts."""

    bucket: datetime
    headlines: Counts
    readings: Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of a re-analysis so far."""

    buckets: Sequence[SideBySide]
    #: over posts whose headline is by another version
    compared: Compared
    #: `pairs[i][j]` posts are i to the headline, j to the version
    pairs: Sequence[Counts]


def packed(query: FeedQuery) -> dict[str, Any]:
    """Return which posts `query` finds, as JSON."""
    values = {name: getattr(query, name) for name in _FIELDS} | asdict(query.filters)
    return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in values.items()}


def unpacked(asked: Mapping[str, Any]) -> FeedQuery:
    """Return the query from its JSON, oldest post first."""
    filters = Filters(**{name: asked[name] for name in ("source", "topic", "lang", "model")})
    values = {name: asked[name] for name in _FIELDS}
    for name in ("start", "end"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return FeedQuery(filters=filters, order="oldest", **values)


def count(connection: Connection, query: FeedQuery) -> int:
    """Return how many posts `query` finds, all of them."""
    bound = {**parameters(query), "most": None}
    row = connection.execute(statement("feed_count", query, paged=False), bound).fetchone()
    return int(row[0]) if row else 0


def behind(
    connection: Connection, query: FeedQuery, place: tuple[datetime, UUID] | None, *, encoder: str, limit: int
) -> list[Waiting]:
    """Return the next posts of `query` behind `place`, oldest first, with their vectors by `encoder`."""
    cursor = Cursor(order="oldest", clock=query.clock, moment=place[0], id=place[1]) if place else None
    following = replace(query, order="oldest", cursor=cursor)
    bound = {**parameters(following), "encoder": encoder, "limit": limit}
    with connection.cursor(row_factory=class_row(Waiting), binary=True) as found:
        return found.execute(filled(SQL["slice"], following), bound).fetchall()


def side_by_side(connection: Connection, query: FeedQuery, model: str, period: Period) -> Result:
    """Compare what `model` has read of `query`'s posts with their headlines."""
    bound = {**parameters(query), "reader": model, "period": period}
    rows = connection.execute(filled(SQL["compared"], query, paged=False), bound).fetchall()
    table = np.zeros((len(SENTIMENTS), len(SENTIMENTS)), dtype=np.int64)
    buckets: dict[datetime, tuple[list[int], list[int]]] = defaultdict(lambda: ([0, 0, 0], [0, 0, 0]))
    for bucket, own, headline, reading, posts in rows:
        buckets[bucket][0][headline] += posts
        buckets[bucket][1][reading] += posts
        table[headline, reading] += 0 if own else posts
    return Result(
        buckets=[
            SideBySide(bucket=bucket, headlines=_counts(old), readings=_counts(new))
            for bucket, (old, new) in buckets.items()
        ],
        compared=compared(table),
        pairs=[_counts(row) for row in table.tolist()],
    )


def _counts(values: Sequence[int]) -> Counts:
    return values[0], values[1], values[2]


def flips(connection: Connection, query: FeedQuery, model: str, *, limit: int, offset: int) -> list[Flip]:
    """Return posts in which `model` reads another sentiment than the headline, the surest first."""
    bound = {**parameters(query), "reader": model, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(Flip)) as cursor:
        return cursor.execute(filled(SQL["flips"], query, paged=False), bound).fetchall()
