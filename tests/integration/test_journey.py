"""A post's way from the door to the store and the live feed."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.journey import NOON, SECRET, STREAM, Journey, as_json, raw

from groundswell.analysis import parking
from groundswell.analysis.erase import erase_author, erase_posts
from groundswell.core.errors import Conflict
from groundswell.core.identity import post_key, pseudonym
from groundswell.core.incoming import RawDeletion, RawErasure, RawPost
from groundswell.store import topics
from groundswell.stream import live
from groundswell.stream.keys import Keys
from groundswell.stream.live import announce

Eventually = Callable[[Callable[[], object], float], None]


def live_events(journey: Journey) -> list[tuple[str, Any]]:
    events = live.since(journey.redis, STREAM, "0-0", 10_000)
    return [(event.type, as_json({b"data": event.data})) for event in events]


def test_posts_are_stored_counted_settled_and_announced(journey: Journey, eventually: Eventually) -> None:
    with journey.database.transaction() as connection:
        topics.create(connection, name="launch", any=["launch"])
    admitted = journey.door.admit(
        [
            raw(1, "what a wonderful launch", lang="EN", author="ana"),
            raw(2, ""),
            raw(3, "it rains", created_at=NOON),
        ]
    )
    assert len(admitted.accepted) == 2 and [refused.index for refused in admitted.rejected] == [1]
    with journey.working():
        eventually(journey.is_idle, 10)
    assert journey.contents() == {"p1": "what a wonderful launch", "p3": "it rains"}
    assert journey.ledger().settled == {"stored": 2}
    journey.assert_counts_are_true()
    (kind, first), (_, second) = live_events(journey)
    assert kind == "new_post" and first["id"] == str(admitted.accepted[0])
    assert (first["sentiment"], first["topics"], first["lang"]) == ("positive", ["launch"], "en")
    assert set(second) == {
        *("id", "post_id", "source", "content", "sentiment", "confidence", "emotion", "timestamp"),
        *("model_used", "fallback_used", "lang", "topics", "created_at"),
    }
    assert first["timestamp"].endswith("Z") and "ana" not in str(first)
    with journey.database.reading() as connection:
        stamped = connection.execute("SELECT analyzed_at FROM posts WHERE post_id = 'p1'").fetchone()
    assert stamped == (datetime.fromisoformat(first["timestamp"]),)


def test_copies_edits_and_their_order(journey: Journey, eventually: Eventually) -> None:
    versions = [raw(1, "first"), raw(1, "third", revision=2), raw(1, "second", revision=1), raw(1, "first")]
    journey.door.admit(versions)
    with journey.working():
        eventually(journey.is_idle, 10)
        journey.door.admit([raw(1, "late", revision=1), raw(1, "fourth", revision=3)])
        eventually(journey.is_idle, 10)
    assert journey.contents() == {"p1": "fourth"}
    assert journey.ledger().settled == {"stored": 1, "duplicate": 4, "edited": 1}
    journey.assert_counts_are_true()


def test_a_deletion_leaves_no_trace_and_holds(journey: Journey, eventually: Eventually) -> None:
    secret_text = "a text that must disappear"
    journey.door.admit([raw(1, secret_text), raw(2)])
    with journey.working():
        eventually(journey.is_idle, 10)
        journey.door.admit(
            [RawDeletion(source="test", post_id="p1"), raw(1, secret_text), raw(1, secret_text, revision=9)]
        )
        eventually(journey.is_idle, 10)
        journey.door.admit([raw(3, "accepted and deleted at once"), RawDeletion(source="test", post_id="p3")])
        eventually(journey.is_idle, 10)
    assert set(journey.contents()) == {"p2"}
    assert journey.ledger().settled == {"stored": 2, "deleted": 2, "erased": 2, "duplicate": 1}
    assert secret_text not in str(live_events(journey))
    assert secret_text not in everything_in(journey)
    assert [data["id"] for kind, data in live_events(journey) if kind == "erased"] == [
        str(post_key(SECRET, "test", "p1"))
    ]
    journey.assert_counts_are_true()


def everything_in(journey: Journey) -> str:
    """Every value of every key in Valkey and every row of every table."""
    parts: list[object] = []
    for key in journey.redis.scan_iter():
        kind = journey.redis.type(key)
        parts.append(journey.redis.xrange(key) if kind == b"stream" else journey.redis.dump(key))
    with journey.database.reading() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            parts.append(connection.execute(f"SELECT t::text FROM {name} t").fetchall())
    return str(parts)


def test_an_authors_erasure_spares_what_he_writes_later(journey: Journey, eventually: Eventually) -> None:
    journey.door.admit([raw(1, author="ana"), raw(2, author="ben")])
    with journey.working():
        eventually(journey.is_idle, 10)
        journey.door.admit([RawErasure(author="ana")])
        journey.door.admit([raw(3, author="ana")])
        eventually(journey.is_idle, 10)
    assert set(journey.contents()) == {"p2", "p3"}
    journey.assert_counts_are_true()


def test_what_is_erased_between_commit_and_settlement_is_never_announced(journey: Journey) -> None:
    """The API erases a post that a worker has stored and not settled yet."""
    journey.door.admit([raw(1, "on its way")])
    worker = journey.worker()
    key = post_key(SECRET, "test", "p1")

    def erase_in_between(point: str) -> None:
        if point == "before_ack":
            assert erase_posts(journey.database, journey.redis, STREAM, [key], NOON) == [key]

    worker.consumer._failpoint = erase_in_between
    worker.consumer.step()
    assert [kind for kind, _ in live_events(journey)] == ["erased"]
    assert journey.contents() == {} and journey.is_idle()
    erase_author(journey.database, journey.redis, STREAM, pseudonym(SECRET, "ana"), NOON)


def test_entries_of_other_producers_are_read_by_the_same_rules(
    journey: Journey, eventually: Eventually
) -> None:
    created_at = (NOON - timedelta(days=3)).isoformat()
    journey.plain(post_id="r1", source="reddit", content="so good", author="ana", created_at=created_at)
    journey.plain(post_id="r2", source="reddit", content="bad \0 one", author="ana", created_at="")
    journey.plain(post_id="r3", source="reddit", content=b"\xed\xa0\xbd", author="ana", created_at=created_at)
    journey.plain(something="else")
    with journey.working():
        eventually(journey.is_idle, 10)
    assert journey.contents() == {"r1": "so good"}
    found = {entry.fields.get(b"post_id"): entry for entry in journey.parked()}
    assert found[b"r2"].reason == "The content contains a NUL character, which cannot be stored."
    assert found[b"r3"].reason == "The content is not valid UTF-8."
    assert found[b"r2"].key == post_key(SECRET, "reddit", "r2")
    assert len(found) == 3 and all(entry.fields.get(b"author") != b"ana" for entry in found.values())
    with journey.database.reading() as connection:
        row = connection.execute("SELECT author, created_at FROM posts").fetchone()
    assert row == (pseudonym(SECRET, "ana"), NOON - timedelta(days=3))


def test_parked_posts_are_sent_again_or_dropped_once(journey: Journey, eventually: Eventually) -> None:
    journey.plain(post_id="r1", source="reddit", content="x" * 10_001)
    journey.plain(post_id="r2", source="reddit", content="x" * 300_000)
    with journey.working():
        eventually(journey.is_idle, 10)
        second, first = journey.parked()
        assert first.fields[b"post_id"] == b"r1" and second.fields[b"post_id"] == b"r2"
        assert len(second.fields[b"content"]) < 300_000
        with pytest.raises(Conflict):
            parking.retry(journey.database, journey.publisher, second.id)
        parking.drop(journey.database, second.id)
        parking.retry(journey.database, journey.publisher, first.id)
        with pytest.raises(Conflict):
            parking.retry(journey.database, journey.publisher, first.id)
        eventually(journey.is_idle, 10)
    (again,) = journey.parked()
    assert again.fields[b"post_id"] == b"r1" and again.id > first.id
    assert journey.ledger().settled == {"parked": 3}


def test_topics_that_change_meanwhile_are_matched_again(journey: Journey, eventually: Eventually) -> None:
    with journey.working():
        journey.door.admit([raw(1, "a launch")])
        eventually(journey.is_idle, 10)
        with journey.database.transaction() as connection:
            topics.create(connection, name="launch", any=["launch"])
        journey.door.admit([raw(2, "another launch")])
        eventually(journey.is_idle, 10)
    with journey.database.reading() as connection:
        matched = connection.execute(
            "SELECT p.post_id FROM post_topics t JOIN posts p ON p.id = t.post"
        ).fetchall()
    assert matched == [("p2",)]
    journey.assert_counts_are_true()


async def test_the_live_feed_is_followed_and_resumed(journey: Journey) -> None:
    announce(journey.redis, STREAM, "alert", b'{"id":"1"}', id="1")
    (first,) = live.since(journey.redis, STREAM, "0-0", 10)
    announce(journey.redis, STREAM, "alert", b'{"id":"2"}', id="2")
    assert live.oldest_cursor(journey.redis, STREAM) == first.cursor
    async with aclosing(live.follow(journey.redis_url, STREAM, first.cursor)) as feed:
        events = await anext(feed)
    assert [(event.type, event.id, event.data) for event in events] == [("alert", "2", b'{"id":"2"}')]
    assert events[-1].cursor == live.newest_cursor(journey.redis, STREAM)


def test_the_live_feed_is_capped(journey: Journey, eventually: Eventually) -> None:
    journey.door.admit([raw(number) for number in range(900)])
    with journey.working(live_entries=100):
        eventually(journey.is_idle, 20)
    assert 100 <= journey.redis.xlen(Keys(STREAM).live) <= 300
    assert journey.ledger().settled == {"stored": 900}


def test_a_raw_post_without_fields_is_refused(journey: Journey) -> None:
    (refused,) = journey.door.admit([RawPost(fields={})]).rejected
    assert refused.index == 0 and "missing" in refused.error.message
    assert journey.ledger().added == 0
