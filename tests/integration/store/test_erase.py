"""Erasure: nothing is left but a tombstone, and the tombstone holds."""

from datetime import timedelta
from uuid import UUID

from tests.integration.store.samples import ANA, BEN, NOON, count, differences, key, post, rows, write

from groundswell.store import erase, parked, topics
from groundswell.store.database import Database

LATER = NOON + timedelta(hours=2)


def erase_posts(database: Database, *keys: UUID) -> list[UUID]:
    with database.transaction() as connection:
        return erase.erase_posts(connection, keys, LATER)


def erase_author(database: Database, author: str, seconds: float) -> list[UUID]:
    with database.transaction() as connection:
        return erase.erase_author(connection, author, NOON + timedelta(seconds=seconds))


def park(database: Database, number: int, *, author: str = ANA, broken: bool = False) -> bool:
    body = b'{"source":"reddit","content":"secret","author":"%s"%s' % (
        author.encode(),
        b"" if broken else b"}",
    )
    fields = {b"v": b"1", b"kind": b"post", b"key": key(number).hex.encode(), b"body": body}
    fields[b"accepted_at"] = NOON.isoformat().encode()
    with database.transaction() as connection:
        return parked.park(
            connection, fields, entry_id=f"{number}-0", reason="error", error="", deliveries=1, at=NOON
        )


def traces(database: Database) -> list[str]:
    """Every table in which anything of a post could be left, but the tombstones."""
    tables = ("posts", "analyses", "vectors", "post_topics", "rollups", "parked")
    return [table for table in tables if count(database, table)]


def test_a_post_is_erased_everywhere_and_cannot_come_back(database: Database) -> None:
    with database.transaction() as connection:
        topics.create(connection, name="launch", any=["launch"])
    write(database, post())
    park(database, 1)
    assert set(traces(database)) == {"posts", "analyses", "vectors", "post_topics", "rollups", "parked"}
    assert erase_posts(database, key(1)) == [key(1)]
    assert traces(database) == []
    assert rows(database, "SELECT key, state, author FROM post_keys") == [(key(1), "erased", None)]
    assert write(database, post(revision=9)) == ["erased"]
    assert park(database, 1) is False
    assert traces(database) == []


def test_a_deletion_that_comes_first_wins(database: Database) -> None:
    assert erase_posts(database, key(1), key(1)) == []
    assert write(database, post(1), post(2)) == ["erased", "stored"]
    assert count(database, "posts") == 1 and differences(database) == []


def test_erasing_twice_is_erasing_once(database: Database) -> None:
    write(database, post(1), post(2))
    assert erase_posts(database, key(1)) == [key(1)]
    assert erase_posts(database, key(1)) == []
    assert count(database, "posts") == 1 and differences(database) == []


def test_erasing_nothing_is_nothing(database: Database) -> None:
    assert erase_posts(database) == []


def test_an_author_is_erased_with_all_he_wrote_until_then(database: Database) -> None:
    write(database, post(1), post(2, ingested=30), post(3, ingested=90), post(4, author=BEN))
    park(database, 5)
    park(database, 6, broken=True)
    park(database, 7, author=BEN)
    assert sorted(erase_author(database, ANA, 60)) == [key(1), key(2)]
    assert rows(database, "SELECT id FROM posts ORDER BY id") == [(key(3),), (key(4),)]
    assert rows(database, "SELECT key FROM parked") == [(key(7),)]
    assert rows(database, "SELECT key FROM post_keys WHERE author IS NULL ORDER BY key") == [
        (key(1),),
        (key(2),),
    ]
    assert differences(database) == []


def test_what_an_erased_author_wrote_before_is_refused_for_good(database: Database) -> None:
    erase_author(database, ANA, 60)
    assert write(database, post(1, ingested=60), post(2, ingested=61)) == ["erased", "stored"]
    # sent again it has a later date of acceptance; by now its key carries a tombstone
    assert write(database, post(1, ingested=120, revision=3)) == ["erased"]
    assert park(database, 9) is False
    assert count(database, "posts") == 1 and differences(database) == []


def test_an_earlier_erasure_does_not_shorten_a_later_one(database: Database) -> None:
    erase_author(database, ANA, 60)
    erase_author(database, ANA, 30)
    assert write(database, post(1, ingested=50)) == ["erased"]


def test_an_old_edit_by_an_erased_author_takes_the_stored_post_with_it(database: Database) -> None:
    erase_author(database, ANA, 60)
    write(database, post(1, ingested=90))
    assert write(database, post(1, ingested=50, revision=1)) == ["erased"]
    assert traces(database) == []
