"""Posts, readings and shortcuts for the tests of the store."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from groundswell.core.mood import Reading, Vector
from groundswell.core.post import Post
from groundswell.core.topic import matching
from groundswell.store import posts, rollups, topics
from groundswell.store.database import Database
from groundswell.store.posts import Analysed, Outcome

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANA = "a:" + "1" * 24
BEN = "a:" + "2" * 24

TABLES = "post_keys, erased_authors, posts, analyses, vectors, topics, post_topics, rollups, parked, procrastinate_jobs"


def key(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


def post(
    number: int = 1,
    content: str = "what a launch",
    *,
    revision: int = 0,
    author: str | None = ANA,
    ingested: float = 0,
    created: float | None = None,
    source: str = "reddit",
    lang: str | None = "en",
) -> Post:
    """A post; `ingested` and `created` in seconds after noon."""
    return Post(
        key=key(number),
        post_id=f"{source}_{number}",
        source=source,
        content=content,
        author=author,
        lang=lang,
        url="https://example.org/1",
        created_at=NOON + timedelta(seconds=ingested if created is None else created),
        ingested_at=NOON + timedelta(seconds=ingested),
        revision=revision,
        meta={"likes": 3},
    )


def reading(
    scores: tuple[float, float, float] = (0.1, 0.2, 0.7),
    *,
    model: str = "minilm@1",
    emotions: tuple[float, ...] | None = (0.0, 0.0, 0.0, 0.9, 0.1, 0.0, 0.0),
    fallback: bool = False,
) -> Reading:
    vector = Vector(encoder="e" * 64, values=b"\x01\x02", scale=0.5)
    return Reading(scores=scores, emotions=emotions, model_used=model, fallback_used=fallback, vector=vector)


def write(database: Database, *batch: Post | tuple[Post, Reading]) -> list[Outcome]:
    """Write as a worker does: match, write, match again when the topics moved."""
    pairs = [item if isinstance(item, tuple) else (item, reading()) for item in batch]
    while True:
        with database.reading() as connection:
            tracked = topics.current(connection)
        analysed = [Analysed(post=p, reading=r, topics=matching(tracked.topics, p.content)) for p, r in pairs]
        try:
            with database.transaction() as connection:
                outcomes = posts.write(
                    connection,
                    analysed,
                    topics_version=tracked.version,
                    analyzed_at=NOON + timedelta(hours=1),
                )
        except posts.TopicsChanged:
            continue
        return [outcomes[p.key] for p, _ in pairs]


def back_match(database: Database, topic_id: int, *, limit: int = 2) -> None:
    place = None
    while True:
        with database.transaction() as connection:
            place = topics.back_match(connection, topic_id, before=place, limit=limit)
        if place is None:
            return


def differences(database: Database) -> list[rollups.Difference]:
    with database.reading() as connection:
        return rollups.recount(connection)


def rows(database: Database, query: str, arguments: Sequence[object] = ()) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return connection.execute(query.encode(), arguments).fetchall()


def count(database: Database, table: str) -> int:
    return int(str(rows(database, f"SELECT count(*) FROM {table}")[0][0]))
