"""Posts one by one: pages of them in the order of a clock, and one post with all its readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from groundswell.core.errors import NotFound
from groundswell.core.mood import SCORE_UNIT
from groundswell.views.cursor import Cursor
from groundswell.views.feed_query import SQL, FeedQuery, parameters, statement
from groundswell.views.feed_total import total_of
from groundswell.views.search import tsquery


class FeedPost(NamedTuple):
    """One post with its headline reading, as it is stored."""

    id: UUID
    post_id: str
    source: str
    content: str
    author: str | None
    url: str | None
    lang: str | None
    created_at: datetime
    ingested_at: datetime
    analyzed_at: datetime
    #: index in `SENTIMENTS`
    sentiment: int
    #: ten-thousandths, in the order of `SENTIMENTS`
    scores: Sequence[int]
    #: index in `EMOTIONS`
    emotion: int | None
    model: str
    fallback: bool
    #: the moment it is ordered by
    position: datetime
    topics: Sequence[str]


class Analysis(NamedTuple):
    """One model version's reading of a post, as it is stored."""

    model: str
    sentiment: int
    scores: Sequence[int]
    emotion: int | None
    #: ten-thousandths, in the order of `EMOTIONS`
    emotions: Sequence[int] | None
    fallback: bool
    analyzed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPage:
    """Some posts in a row."""

    posts: Sequence[FeedPost]
    total: int
    #: True: there are at least `total`, counting stopped there
    total_is_lower_bound: bool
    #: None at the end
    next_cursor: str | None


def page(connection: Connection, query: FeedQuery) -> FeedPage:
    """Return one page.

    By cursor, newest first, each post that was there at the first page is visited exactly once
    however many arrive meanwhile. Oldest first, a post whose worker commits late can appear behind
    a cursor that has passed it.
    """
    if _finds_nothing(query):
        return FeedPage(posts=(), total=0, total_is_lower_bound=False, next_cursor=None)
    total, is_lower_bound = total_of(connection, query)
    posts, next_cursor = rows(connection, query)
    return FeedPage(posts=posts, total=total, total_is_lower_bound=is_lower_bound, next_cursor=next_cursor)


def rows(connection: Connection, query: FeedQuery) -> tuple[Sequence[FeedPost], str | None]:
    """Return the posts of one page, and the cursor of the next; None at the end."""
    if _finds_nothing(query):
        return (), None
    bound = parameters(query) | {"limit": query.limit + 1, "offset": query.offset}
    with connection.cursor(row_factory=class_row(FeedPost)) as cursor:
        found = cursor.execute(statement("feed_page", query), bound).fetchall()
    posts = found[: query.limit]
    return posts, _behind(posts[-1], query) if len(found) > query.limit else None


def _finds_nothing(query: FeedQuery) -> bool:
    """Tell whether something is searched for in which there is no word."""
    return query.q is not None and tsquery(query.q) is None


def get(connection: Connection, key: UUID) -> tuple[FeedPost, Sequence[Analysis]]:
    """Return a post and every reading of it, newest first.

    Raises `NotFound`.
    """
    with connection.cursor(row_factory=class_row(FeedPost)) as cursor:
        post = cursor.execute(SQL["one_post"], {"id": key}).fetchone()
    if post is None:
        raise NotFound(f"There is no post {key}.")
    with connection.cursor(row_factory=class_row(Analysis)) as readings:
        return post, readings.execute(SQL["analyses_of_post"], {"id": key}).fetchall()


def fractions(units: Sequence[int], names: Sequence[str]) -> dict[str, float]:
    """Return stored ten-thousandths as probabilities by name."""
    return {name: unit / SCORE_UNIT for name, unit in zip(names, units, strict=True)}


def _behind(post: FeedPost, query: FeedQuery) -> str:
    return Cursor(order=query.order, clock=query.clock, moment=post.position, id=post.id).encode()
