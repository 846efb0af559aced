"""What is known of the posts one version has read in a span: the samples that drift is looked for in."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from groundswell.core.mood import SENTIMENTS
from groundswell.store.statements import load
from groundswell.views.feed_query import FeedQuery, filled, parameters
from groundswell.views.filters import Filters

SQL = load("groundswell.views", "drift")


class Sampled(NamedTuple):
    """A post of a sample."""

    content: str
    #: ten-thousandths, in the order of `SENTIMENTS`
    scores: Sequence[int]
    moment: datetime
    #: of its vector; None where none is stored
    scale: float | None
    values: bytes | None


def query_of(filters: Filters, start: datetime, end: datetime) -> FeedQuery:
    """Return the posts of a span by the clock of the door; `filters.model` is `key@version`."""
    return FeedQuery(filters=filters, start=start, end=end)


def labels(connection: Connection, query: FeedQuery) -> list[int]:
    """Return how many posts there are of each sentiment."""
    found: dict[int, int] = dict(
        connection.execute(filled(SQL["labels"], query), parameters(query)).fetchall()
    )
    return [int(found.get(place, 0)) for place in range(len(SENTIMENTS))]


def sample(connection: Connection, query: FeedQuery, *, encoder: str, limit: int) -> list[Sampled]:
    """Return at most `limit` posts in no order, each with its vector by `encoder` where one is stored."""
    bound = {**parameters(query), "encoder": encoder, "limit": limit}
    with connection.cursor(row_factory=class_row(Sampled), binary=True) as cursor:
        return cursor.execute(filled(SQL["sample"], query), bound).fetchall()


def agreement(connection: Connection, query: FeedQuery) -> tuple[int, int]:
    """Return with how many labels of people the version agreed, and how many they gave."""
    (there,) = connection.execute(SQL["has_feedback"]).fetchone() or (False,)
    if not there:
        return 0, 0
    row = connection.execute(SQL["agreement"], parameters(query)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def reading_now(connection: Connection) -> str | None:
    """Return the version that reads now, as `key@version`; None while no post has been read."""
    row = connection.execute(SQL["reading_now"]).fetchone()
    return str(row[0]) if row else None
