"""Parked entries: kept byte for byte, once, until someone decides."""

from datetime import timedelta

import pytest
from tests.integration.store.samples import ANA, NOON, count, key

from groundswell.core.errors import NotFound
from groundswell.store import erase, parked
from groundswell.store.database import Database
from groundswell.store.parked import Parked, Whose

OURS = {
    b"v": b"1",
    b"kind": b"post",
    b"key": key(1).hex.encode(),
    b"accepted_at": NOON.isoformat().encode(),
    b"body": b'{"source": "reddit", "content": "nul \\u0000 and \xff"}',
}


def park(
    database: Database, entry_id: str, fields: dict[bytes, bytes], whose: Whose | None = None, hours: int = 0
) -> bool:
    with database.transaction() as connection:
        return parked.park(
            connection,
            fields,
            entry_id=entry_id,
            reason="it cannot be stored",
            error="nul \0 and half \ud800",
            deliveries=5,
            at=NOON + timedelta(hours=hours),
            whose=whose,
        )


def listing(database: Database, state: parked.State | None = None) -> tuple[list[Parked], int]:
    with database.reading() as connection:
        return parked.listing(connection, state=state, limit=10, offset=0)


@pytest.mark.parametrize(
    ("fields", "kind", "source"),
    [
        (OURS, "post", ""),  # the body is no UTF-8
        (OURS | {b"body": b'{"source": "reddit\\u0000"}'}, "post", "reddit\\0"),
        (OURS | {b"body": b"[]", b"key": b"?", b"accepted_at": b"never"}, "post", ""),
        (OURS | {b"body": b"{", b"accepted_at": b"2026-01-01T00:00:00"}, "post", ""),
        ({b"source": b"file", b"content": b"a\0b", b"author": b"Ana"}, "", "file"),
        ({b"\xff\0": b"\0\xff"}, "", ""),
        ({}, "", ""),
    ],
)
def test_any_bytes_can_be_parked(
    database: Database, fields: dict[bytes, bytes], kind: str, source: str
) -> None:
    assert park(database, "1-0", fields)
    [found], total = listing(database)
    assert total == 1 and found.fields == fields
    assert (found.kind, found.source, found.state, found.deliveries) == (kind, source, "parked", 5)
    assert found.error == "nul \\0 and half \\ud800"


def test_an_entry_is_parked_once(database: Database) -> None:
    assert park(database, "1-0", OURS)
    assert park(database, "1-0", {})
    [found], _ = listing(database)
    assert found.fields == OURS and found.key == key(1)


def test_a_decision_is_written_down(database: Database) -> None:
    park(database, "1-0", OURS)
    park(database, "2-0", OURS, hours=1)
    [newest, oldest], total = listing(database)
    assert total == 2 and newest.entry_id == "2-0"
    with database.transaction() as connection:
        parked.mark(connection, oldest.id, "dropped")
        assert parked.get(connection, oldest.id).state == "dropped"
        assert parked.parked_since(connection, NOON + timedelta(minutes=1)) == 1
    assert [found.entry_id for found in listing(database, "parked")[0]] == ["2-0"]


def test_there_is_no_entry_that_is_not(database: Database) -> None:
    with database.transaction() as connection:
        with pytest.raises(NotFound):
            parked.get(connection, 7)
        with pytest.raises(NotFound):
            parked.mark(connection, 7, "dropped")


def test_an_entry_that_names_no_key_is_erased_by_the_one_it_was_given(database: Database) -> None:
    plain = {b"source": b"file", b"content": b"secret", b"author": b"Ana"}
    park(database, "1-0", plain, Whose(key=key(1), author=ANA))
    park(database, "2-0", plain, Whose(key=key(2), author=ANA))
    with database.transaction() as connection:
        erase.erase_posts(connection, [key(1)], NOON)
    assert count(database, "parked") == 1
    with database.transaction() as connection:
        erase.erase_author(connection, ANA, NOON)
    assert count(database, "parked") == 0
    assert not park(database, "3-0", plain, Whose(key=key(1), author=None))
