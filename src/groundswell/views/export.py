"""What the feed and the views show, all of it, as rows of a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from psycopg import Connection

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.files.columns import Column, Type
from groundswell.views import feed
from groundswell.views.cursor import Cursor
from groundswell.views.distribution import Distribution
from groundswell.views.feed import FeedPost, fractions
from groundswell.views.feed_query import FeedQuery
from groundswell.views.timeline import Timeline

PAGE = 1_000
"""Posts read at once: each page is a short transaction of its own, however slow the reader is."""

Row = Mapping[str, object]
Reading = Callable[[], AbstractContextManager[Connection]]


def _columns(**types: Type) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=found) for name, found in types.items())


_SCORES: dict[str, Type] = dict.fromkeys(SENTIMENTS, "number")

POST_COLUMNS = _columns(
    id="text", post_id="text", source="text", content="text", author="text", url="text", lang="text",
    created_at="text", ingested_at="text", analyzed_at="text", sentiment="text", confidence="number", **_SCORES,
    emotion="text", model_used="text", fallback_used="truth value", topics="text",
)  # fmt: skip

DISTRIBUTION_COLUMNS = _columns(
    sentiment="text", count="whole number", share="number", percentage="number", interval_low="number",
    interval_high="number", total="whole number", fallback_count="whole number", model_versions="text",
)  # fmt: skip

TIMELINE_COLUMNS = (
    *_columns(bucket="text", total="whole number"),
    *(Column(name=name, type="whole number") for name in SENTIMENTS),
    *(Column(name=f"emotion_{name}", type="whole number") for name in EMOTIONS),
    *(Column(name=f"mean_{name}", type="number") for name in SENTIMENTS),
    *_columns(fallback_count="whole number", model_versions="text", complete="truth value"),
)


def posts(reading: Reading, query: FeedQuery) -> Iterator[Sequence[Row]]:
    """Yield every post that `query` finds, in its order, a page at a time; its limit and offset do not count.

    Newest first, each post that was there at the first page comes exactly once.
    """
    cursor: str | None = None
    query = replace(query, limit=PAGE, offset=0)
    while True:
        with reading() as connection:
            found, cursor = feed.rows(connection, query)
        if found:
            yield [_post(post) for post in found]
        if cursor is None:
            return
        query = replace(query, cursor=Cursor.decode(cursor))


def _post(post: FeedPost) -> Row:
    scores = fractions(post.scores, SENTIMENTS)
    return {
        "id": str(post.id),
        "post_id": post.post_id,
        "source": post.source,
        "content": post.content,
        "author": post.author,
        "url": post.url,
        "lang": post.lang,
        "created_at": post.created_at,
        "ingested_at": post.ingested_at,
        "analyzed_at": post.analyzed_at,
        "sentiment": SENTIMENTS[post.sentiment],
        "confidence": max(scores.values()),
        **scores,
        "emotion": None if post.emotion is None else EMOTIONS[post.emotion],
        "model_used": post.model,
        "fallback_used": post.fallback,
        "topics": list(post.topics),
    }


def distribution(found: Distribution) -> Iterator[Sequence[Row]]:
    """Yield the rows of a distribution."""
    yield [
        {
            "sentiment": row.sentiment,
            "count": row.count,
            "share": row.share,
            "percentage": row.percentage,
            "interval_low": row.interval[0],
            "interval_high": row.interval[1],
            "total": found.total,
            "fallback_count": found.fallback_count,
            "model_versions": list(found.model_versions),
        }
        for row in found.sentiments
    ]


def timeline(found: Timeline) -> Iterator[Sequence[Row]]:
    """Yield the rows of a timeline, empty buckets included."""
    yield [
        {
            "bucket": bucket.start,
            "total": bucket.sums.total,
            **{name: bucket.sums.count(name) for name in SENTIMENTS},
            **{f"emotion_{name}": n for name, n in bucket.sums.by_emotion.items()},
            **{f"mean_{name}": mean for name, mean in bucket.sums.mean_scores.items()},
            "fallback_count": bucket.sums.fallback_count,
            "model_versions": list(bucket.sums.model_versions),
            "complete": bucket.complete,
        }
        for bucket in found.buckets
    ]
