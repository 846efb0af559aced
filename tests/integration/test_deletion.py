"""What a person deletes is gone: from every table, every stream, every answer; words in cached answers in 30 s."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import psycopg
import pytest
from tests.api import SECRET, calling, make_parts
from tests.integration.journey import Journey

from groundswell.api.aggregates import WORDS_SECONDS
from groundswell.api.app import create_app
from groundswell.core.identity import pseudonym
from groundswell.core.incoming import RawDeletion, RawPost
from groundswell.store import topics

Eventually = Callable[[Callable[[], object], float], None]

SECRET_WORD = "xylophonist"
"""Only the deleted post holds it, so that whatever holds it later is a copy of the post."""
TEXT = f"I hate the launch, says the {SECRET_WORD}"
QUESTIONS = (
    "/api/v1/posts",
    f"/api/v1/posts?q={SECRET_WORD}",
    "/api/v1/sentiment/distribution?hours=1",
    "/api/v1/sentiment/timeline?hours=1&period=minute",
    "/api/v1/sentiment/movement?hours=1",
    "/api/posts",
    "/api/sentiment/aggregate",
)


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    made = Journey(redis_url, database_url)
    with made.database.transaction() as connection:
        topics.create(connection, name="launch", any=["launch"])
    yield made
    made.close()


def tables_with(journey: Journey, needle: str) -> list[str]:
    """Return the tables with a row that holds `needle` anywhere, bytes included."""
    named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    wanted = [f"%{needle}%", f"%{needle.encode().hex()}%"]
    with journey.database.reading() as connection:
        return [
            table
            for (table,) in connection.execute(named).fetchall()
            if connection.execute(
                psycopg.sql.SQL("SELECT 1 FROM {} AS t WHERE t::text LIKE ANY (%s) LIMIT 1").format(
                    psycopg.sql.Identifier(table)
                ),
                [wanted],
            ).fetchone()
        ]


def keys_with(journey: Journey, needle: str) -> list[bytes]:
    """Return the keys of Valkey whose value, of whatever type, holds `needle`."""
    read: dict[bytes, Callable[[Any], Any]] = {
        b"string": journey.redis.get,
        b"stream": journey.redis.xrange,
        b"hash": journey.redis.hgetall,
        b"list": lambda key: journey.redis.lrange(key, 0, -1),
        b"set": journey.redis.smembers,
        b"zset": lambda key: journey.redis.zrange(key, 0, -1),
    }
    return [
        key
        for key in journey.redis.scan_iter()
        if needle in repr(read[bytes(journey.redis.type(key))](key))  # type: ignore[arg-type]
    ]


async def test_a_deleted_post_is_in_no_table_no_key_and_no_answer(
    journey: Journey, eventually: Eventually
) -> None:
    author = {"author": "did:plc:someone"}
    posts = [{"post_id": f"p{n}", "content": f"the launch is lovely {n}"} for n in range(5)]
    posts.append({"post_id": "gone", "content": TEXT, **author})
    parts = make_parts(journey.redis_url, database=journey.database, door=journey.door)
    with journey.working():
        journey.door.admit([RawPost(fields={"source": "test", **post}) for post in posts])
        eventually(journey.is_idle, 15)
        async with calling(create_app(parts)) as api:
            for path in QUESTIONS:  # what is asked often is kept
                answer = await api.get(path)
                assert answer.status_code == 200, (path, answer.text)
            correction = {"text": TEXT, "user_label": "neutral"}
            assert (await api.post("/api/v1/feedback", json=correction)).status_code in {200, 201}
            assert {"posts", "feedback"} <= set(tables_with(journey, SECRET_WORD))
            assert keys_with(journey, SECRET_WORD), "it is in the live stream at least"

            journey.door.admit([RawDeletion(source="test", post_id="gone")])
            eventually(journey.is_idle, 15)
            assert tables_with(journey, SECRET_WORD) == []
            kept = keys_with(journey, SECRET_WORD)
            assert all(key.startswith(b"{cache}:") for key in kept), kept
            assert all(-1 != journey.redis.ttl(key) <= WORDS_SECONDS for key in kept), "or gone already"
            for key in kept:
                journey.redis.delete(key)  # as their time does
            assert tables_with(journey, pseudonym(SECRET, "did:plc:someone")) == []
            for path in QUESTIONS:
                assert SECRET_WORD not in (await api.get(path)).text, path
            fresh = await api.get(QUESTIONS[2], headers={"Cache-Control": "no-cache"})
            assert orjson.loads(fresh.content)["metadata"]["total"] == 5
    parts.redis.close()
    journey.assert_counts_are_true()
