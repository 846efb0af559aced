"""Which posts a feed shows, as one value, and the SQL that finds them, put together from named pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from groundswell.core.mood import EMOTIONS, SENTIMENTS, Emotion, Sentiment
from groundswell.store.statements import load
from groundswell.views.cursor import Cursor, Order
from groundswell.views.filters import EVERYTHING, ClockName, Filters
from groundswell.views.search import tsquery

SQL = load("groundswell.views", "feed")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedQuery:
    """Which posts, in which order, and which page of them."""

    filters: Filters = EVERYTHING
    sentiment: Sentiment | None = None
    emotion: Emotion | None = None
    #: full text, see `views.search`
    q: str | None = None
    #: from `start` to before `end` on `clock`, to the microsecond; None: no edge
    start: datetime | None = None
    end: datetime | None = None
    clock: ClockName = "ingested"
    order: Order = "newest"
    limit: int = 20
    offset: int = 0
    #: begins behind this post; its order and clock are those of the query
    cursor: Cursor | None = None


def statement(name: str, query: FeedQuery, *, paged: bool = True) -> str:
    """Put a statement together from the named pieces of feed.sql; values stay parameters.

    Not `paged`, it is about all pages.
    """
    return filled(SQL[name], query, paged=paged)


def filled(template: str, query: FeedQuery, *, paged: bool = True) -> str:
    """Fill a template's {origin}, {conditions}, {moment}, {id} and {direction} with those of `query`."""
    by_topic = query.filters.topic is not None
    names = {
        "moment": f"{'m' if by_topic else 'p'}.{query.clock}_at",
        "id": "m.post" if by_topic else "p.id",
        "direction": "DESC" if query.order == "newest" else "ASC",
        "beyond": "<" if query.order == "newest" else ">",
    }
    conditions = " AND ".join(SQL[f"where_{name}"] for name in _conditions(query, paged))
    pieces = {
        "origin": SQL["from_topic" if by_topic else "from_posts"],
        "conditions": conditions.format(**names) or "true",
    }
    return template.format(**names, **pieces)


def _conditions(query: FeedQuery, paged: bool) -> list[str]:
    filters = query.filters
    wanted: Mapping[str, object] = {
        "topic": filters.topic,
        "source": filters.source,
        "lang": filters.lang,
        "model": filters.model,
        "sentiment": query.sentiment,
        "emotion": query.emotion,
        "search": query.q,
        "from": query.start,
        "to": query.end,
        "after": query.cursor if paged else None,
    }
    return [name for name, value in wanted.items() if value is not None]


def parameters(query: FeedQuery) -> dict[str, object]:
    """Return the values that the statement of `query` asks for."""
    filters, cursor = query.filters, query.cursor
    return {
        "topic": filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
        "sentiment": None if query.sentiment is None else SENTIMENTS.index(query.sentiment),
        "emotion": None if query.emotion is None else EMOTIONS.index(query.emotion),
        "search": None if query.q is None else tsquery(query.q),
        "start": query.start,
        "end": query.end,
        "after_moment": cursor and cursor.moment,
        "after_id": cursor and cursor.id,
    }
