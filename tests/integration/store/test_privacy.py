"""Promise 12: what is erased is gone, also on its way, parked and sent again; and a receipt says what went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from tests.integration.store.samples import ANA, NOON, count, post, rows, write
from tests.integration.store.test_feedback import NEW, add

from groundswell.analysis.privacy import carry_out
from groundswell.core.clock import ManualClock
from groundswell.core.mood import EMOTIONS
from groundswell.core.post import Post
from groundswell.ingest.subject import subject
from groundswell.store import labels, parked, privacy, retention
from groundswell.store.audit import Actor
from groundswell.store.database import Database
from groundswell.store.labels import Question
from groundswell.store.privacy import Kind, Request, Subject
from groundswell.stream.connect import client

BY = Actor(name="a test")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def ask(database: Database, redis_url: str) -> Callable[[Kind, Subject], Request]:
    def carried_out(kind: Kind, whose: Subject) -> Request:
        with database.transaction() as connection:
            asked = privacy.ask(connection, kind, whose, by=BY, at=LATER)
        with closing(client(redis_url)) as redis:
            done = carry_out(database, redis, "social_posts", asked.id, ManualClock(LATER))
            assert carry_out(database, redis, "social_posts", asked.id, ManualClock(LATER)) == done
        return done

    return carried_out


def park(database: Database, item: Post, entry: str) -> bool:
    fields = {b"v": b"1", b"kind": b"post", b"key": str(item.key).encode(), b"body": b"{}"}
    with database.transaction() as connection:
        return parked.park(
            connection, fields, entry_id=entry, reason="no", error="no", deliveries=6, at=NOON,
            whose=parked.Whose(key=item.key, author=item.author),
        )  # fmt: skip


def test_an_erased_author_is_gone_everywhere_and_the_receipt_says_how_much(
    database: Database, ask: Callable[[Kind, Subject], Request]
) -> None:
    mine, waiting, other = post(1), post(2), post(3, author="a:" + "0" * 24)
    write(database, mine, other)
    assert park(database, waiting, "1-1")
    exported = ask("export", Subject(author=ANA))

    done = ask("erase", Subject(author=ANA))

    assert done.state == "done" and done.done_at == LATER
    assert {name: done.counts[name] for name in ("posts", "readings", "vectors", "parked", "exports")} == {
        "posts": 1, "readings": 1, "vectors": 1, "parked": 1, "exports": 1,
    }  # fmt: skip
    assert rows(database, "SELECT id FROM posts") == [(other.key,)]
    assert count(database, "parked") == 0 and count(database, "analyses") == count(database, "vectors") == 1
    with database.reading() as connection:
        assert not privacy.get(connection, exported.id).has_file
    in_flight = post(4)  # accepted before, read after
    assert write(database, in_flight, mine) == ["erased", "erased"]
    assert not park(database, mine, "1-2"), "a copy of it cannot be parked either"
    assert write(database, post(1, revision=9, ingested=7_200)) == ["erased"], "nor sent again as an edit"
    assert count(database, "posts") == 1


def test_an_erased_post_is_gone_also_when_it_was_never_seen(
    database: Database, ask: Callable[[Kind, Subject], Request]
) -> None:
    seen, unseen = post(1), post(2)
    write(database, seen)
    assert ask("erase", Subject(post=seen.key)).counts["posts"] == 1
    assert ask("erase", Subject(post=unseen.key)).counts["posts"] == 0
    assert write(database, seen, unseen) == ["erased", "erased"]


def test_an_export_holds_all_that_is_kept(
    database: Database, ask: Callable[[Kind, Subject], Request]
) -> None:
    write(database, post(1), post(2), post(3, author=None))
    assert park(database, post(4), "1-1")

    done = ask("export", Subject(author=ANA))

    with database.reading() as connection:
        content = privacy.file(connection, done.id)
    found = orjson.loads(content)
    assert len(found["posts"]) == 2 and found["posts"][0]["readings"][0]["sentiment"]
    assert len(found["parked"]) == 1 and found["is_complete"] and done.sha256
    with database.transaction() as connection:
        assert privacy.forget_old_files(connection, LATER + timedelta(seconds=1)) == 1
    with database.reading() as connection:
        assert privacy.get(connection, done.id).counts["posts"] == 2, "the receipt stays"


def test_what_people_said_of_posts_is_handed_out_erased_and_counted(
    database: Database, ask: Callable[[Kind, Subject], Request]
) -> None:
    mine, other = post(1, "mine"), post(2, "not mine", author="a:" + "0" * 24)
    write(database, mine, other)
    for content, key in (("mine", mine.key), ("not mine", other.key)):
        add(database, replace(NEW, content=content, post=key, annotator="eve", prediction=0, emotion=3))
    with database.transaction() as connection:
        labels.draw(connection, Question(queue="uncertainty"), [(mine.key, 1), (other.key, 1)], 2, NOON)

    exported = ask("export", Subject(author=ANA))
    with database.reading() as connection:
        found = orjson.loads(privacy.file(connection, exported.id))
    (said,), (drawn,) = found["feedback"], found["label_tasks"]
    assert (said["content"], said["prediction"], said["label"]) == ("mine", "negative", "positive")
    assert said["emotion"] == EMOTIONS[3] and "eve" not in str(found), "who said it is another person's"
    assert (drawn["post"], drawn["queue"], drawn["done"]) == (str(mine.key), "uncertainty", False)

    for done in (exported, ask("erase", Subject(author=ANA))):
        assert (done.counts["feedback"], done.counts["label_tasks"]) == (1, 1)
    assert rows(database, "SELECT post FROM feedback") == [(other.key,)]
    assert rows(database, "SELECT post FROM label_tasks") == [(other.key,)]


def test_each_source_is_kept_as_long_as_it_should(database: Database) -> None:
    write(
        database,
        post(1, source="short", ingested=0),
        post(2, source="long", ingested=0),
        post(3, source="other", ingested=0),
        post(4, source="for-ever", ingested=0),
    )
    terms = retention.Terms(days=10, sources={"short": 5, "long": 20, "for-ever": 0})
    left = []
    for days in (4, 6, 11, 21, 4_000):
        retention.expire_by_terms(database, terms, NOON + timedelta(days=days), lambda: True)
        left.append({source for (source,) in rows(database, "SELECT source FROM posts")})
    assert left == [
        {"short", "long", "other", "for-ever"}, {"long", "other", "for-ever"}, {"long", "for-ever"},
        {"for-ever"}, {"for-ever"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [{}, {"author": "a", "source": "b", "post_id": "c"}, {"source": "b"}, {"post_id": "c"}],
)
def test_exactly_one_must_be_meant(named: dict[str, str]) -> None:
    from groundswell.core.errors import InvalidInput

    with pytest.raises(InvalidInput):
        subject(None, NOON, **named)  # type: ignore[arg-type] # the door is not reached
