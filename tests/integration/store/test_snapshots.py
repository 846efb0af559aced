"""Frozen sets: the same content has the same hash, and what was erased is gone from every set."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.store.samples import NOON, key, post, write
from tests.integration.store.test_feedback import NEW, add

from groundswell.core.clock import ManualClock
from groundswell.core.errors import BadData, NotFound
from groundswell.learning import snapshots
from groundswell.learning.snapshots import Snapshot
from groundswell.store import erase
from groundswell.store.database import Database

ITEMS = [replace(NEW, content=f"text number {n}", label=n % 3, created_at=NOON) for n in range(5)]


def freeze(database: Database, hours: int = 0) -> Snapshot:
    with database.transaction() as connection:
        return snapshots.freeze(connection, ManualClock(NOON + timedelta(hours=hours)))


def load(database: Database, hash: str) -> Snapshot:  # noqa: A002
    with database.reading() as connection:
        return snapshots.load(connection, hash)


def test_a_set_stays_as_it_was_frozen(database: Database) -> None:
    add(database, *ITEMS)
    first = freeze(database)
    assert len(first.items) == 5 and first.created_at == NOON
    add(database, replace(ITEMS[0], label=2, created_at=NOON + timedelta(seconds=1)))
    second = freeze(database)
    assert second.hash != first.hash
    assert load(database, first.hash) == first and load(database, second.hash) == second


def test_nothing_new_is_the_same_set(database: Database) -> None:
    add(database, *ITEMS)
    assert freeze(database, hours=1) == freeze(database, hours=2)


def test_the_hash_is_of_the_content_not_of_the_order(database: Database) -> None:
    add(database, *ITEMS)
    first = freeze(database)
    with database.transaction() as connection:
        connection.execute("DELETE FROM feedback")
    add(database, *reversed(ITEMS))
    again = freeze(database)
    assert again.hash == first.hash and load(database, first.hash).erased == 0


def test_an_erased_post_is_gone_from_every_set(database: Database) -> None:
    write(database, post(1))
    add(database, *ITEMS, replace(NEW, post=key(1)))
    frozen = freeze(database)
    with database.transaction() as connection:
        erase.erase_posts(connection, [key(1)], NOON)
    left = load(database, frozen.hash)
    assert left.erased == 1 and left.items == tuple(item for item in frozen.items if item.post is None)


def test_changed_feedback_is_found_out(database: Database) -> None:
    add(database, *ITEMS)
    frozen = freeze(database)
    with database.transaction() as connection:
        connection.execute("UPDATE feedback SET label = 1 WHERE id = 1")
    with pytest.raises(BadData, match="not what was frozen"):
        load(database, frozen.hash)
    with pytest.raises(NotFound):
        load(database, "nothing")


def test_training_sees_nothing_like_what_is_held_out(database: Database) -> None:
    copy = "the parcel never came and nobody at the shop answers the phone"
    add(
        database,
        replace(NEW, content=copy, held_out=True),
        replace(NEW, content=f"@shop {copy}!!"),
        replace(NEW, content="the best delivery I ever had, thank you"),
    )
    frozen = freeze(database)
    assert [item.content for item in frozen.held_out] == [copy]
    assert [item.content for item in frozen.leaks()] == [f"@shop {copy}!!"]
    assert [item.content for item in frozen.training] == ["the best delivery I ever had, thank you"]
