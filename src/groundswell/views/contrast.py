"""The posts of an exact span, as parts of a whole and as texts: what two spans are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.statistics.contrast import Part
from groundswell.store.statements import load
from groundswell.views.filters import ClockName, Filters

SQL = load("groundswell.views", "contrast")

MOST_TEXTS = 4_000
"""Of a larger span a random sample is read, the same one every time."""
OTHER = "other"
"""What is about no topic."""

Dimension = Literal["source", "lang", "topic"]
DIMENSIONS: tuple[Dimension, ...] = ("source", "lang", "topic")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From `start` to before `end`, to the microsecond: what is counted here does not move with minutes."""

    start: datetime
    end: datetime
    clock: ClockName = "ingested"


class Text(NamedTuple):
    """A post as far as an explanation reads it."""

    id: UUID
    source: str
    content: str
    #: a pseudonym; None: unknown
    author: str | None
    #: whether it carries the label in question
    hit: bool


class Shown(NamedTuple):
    """A post as far as an explanation shows it."""

    id: UUID
    source: str
    content: str
    sentiment: int
    scores: Sequence[int]
    created_at: datetime
    ingested_at: datetime


Parts = dict[Dimension, dict[str, Part]]


def parts(connection: Connection, span: Span, filters: Filters, label: str) -> Parts:
    """Return the posts of `span` by group, once per dimension; the groups of each sum to the same whole.

    A post that is about several topics counts under the one that was created first; where the
    filters name a topic, that one is passed over. Posts about no (other) topic are `other`.
    """
    names: dict[int, str] = dict(connection.execute(SQL["topic_names"]).fetchall())
    rows = connection.execute(_timed("parts", span), _values(span, filters, label)).fetchall()
    found: Parts = {"source": {}, "lang": {}, "topic": {}}
    for source, lang, topic, n, hits in rows:
        groups: dict[Dimension, str] = {
            "source": source, "lang": lang or "und", "topic": names.get(topic, OTHER)
        }  # fmt: skip
        for dimension, group in groups.items():
            old = found[dimension].get(group, Part(n=0, hits=0))
            found[dimension][group] = Part(n=old.n + n, hits=old.hits + hits)
    return found


def how_many(connection: Connection, span: Span, filters: Filters) -> int:
    """Return how many posts `span` has, also those that a fallback read."""
    row = connection.execute(_timed("how_many", span), _values(span, filters, SENTIMENTS[0])).fetchone()
    return int(row[0]) if row else 0


def texts(
    connection: Connection, span: Span, filters: Filters, label: str, *, limit: int = MOST_TEXTS
) -> list[Text]:
    """Return the posts of `span` with what they say, in the order of their ids, at most `limit`."""
    values = {**_values(span, filters, label), "limit": limit}
    return [Text(*row) for row in connection.execute(_timed("texts", span), values).fetchall()]


def shown(connection: Connection, ids: Sequence[UUID]) -> list[Shown]:
    """Return those of the posts that are still there, in the order of `ids`."""
    with connection.cursor(row_factory=class_row(Shown)) as cursor:
        found = {post.id: post for post in cursor.execute(SQL["some_posts"], {"ids": list(ids)})}
    return [found[id_] for id_ in ids if id_ in found]


def _timed(statement: str, span: Span) -> sql.Composed:
    return sql.SQL(SQL[statement]).format(moment=sql.Identifier("p", f"{span.clock}_at"))


def _values(span: Span, filters: Filters, label: str) -> dict[str, object]:
    kind, _, emotion = label.rpartition(":")
    return {
        "start": span.start,
        "end": span.end,
        "sentiment": None if kind else SENTIMENTS.index(label),
        "emotion": EMOTIONS.index(emotion) if kind else None,
        "topic": filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
    }
