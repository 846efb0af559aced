"""Retention: old posts go, their counts stay and are sealed."""

from datetime import timedelta

from tests.integration.store.samples import ANA, NOON, count, differences, key, post, rows, write

from groundswell.store import erase, retention, rollups
from groundswell.store.database import Database

HORIZON = NOON + timedelta(seconds=90)


def expire(database: Database, limit: int = 10) -> int:
    with database.transaction() as connection:
        return retention.expire(connection, HORIZON, limit)


def test_old_posts_go_oldest_first_and_their_counts_stay(database: Database) -> None:
    write(database, *(post(n, ingested=n * 30, created=0) for n in range(1, 6)))
    before = rows(database, "SELECT * FROM rollups ORDER BY clock, grain, bucket")
    assert expire(database, limit=1) == 1
    assert rows(database, "SELECT id FROM posts ORDER BY id") == [(key(n),) for n in (2, 3, 4, 5)]
    assert differences(database) == []
    assert expire(database, limit=9) == 1
    assert expire(database) == 0
    assert count(database, "posts") == count(database, "analyses") == count(database, "vectors") == 3
    assert rows(database, "SELECT * FROM rollups ORDER BY clock, grain, bucket") == before
    assert differences(database) == []


def test_all_that_is_old_goes_in_small_transactions_while_there_is_time(database: Database) -> None:
    write(database, *(post(n, ingested=0) for n in range(1, 8)), post(9, ingested=3600))
    turns = iter([True, True, False])
    assert retention.expire_all(database, HORIZON, lambda: next(turns), at_once=2) == 4
    assert retention.expire_all(database, HORIZON, lambda: True, at_once=2) == 3
    assert rows(database, "SELECT id FROM posts") == [(key(9),)]


def test_what_expired_is_a_duplicate_for_good(database: Database) -> None:
    write(database, post(1))
    expire(database)
    assert write(database, post(1), post(2)) == ["duplicate", "stored"]
    assert write(database, post(1, revision=5)) == ["duplicate"]
    assert count(database, "posts") == 1


def test_a_rebuild_leaves_sealed_buckets_alone(database: Database) -> None:
    write(database, post(1), post(2, ingested=3600))
    expire(database)
    before = rows(database, "SELECT * FROM rollups ORDER BY clock, grain, bucket")
    with database.transaction() as connection:
        rollups.rebuild(connection)
    assert rows(database, "SELECT * FROM rollups ORDER BY clock, grain, bucket") == before


def test_an_expired_post_can_be_erased(database: Database) -> None:
    write(database, post(1), post(2, author=None))
    expire(database)
    with database.transaction() as connection:
        assert erase.erase_author(connection, ANA, HORIZON) == []
        assert erase.erase_posts(connection, [key(2)], HORIZON) == []
    assert rows(database, "SELECT DISTINCT state, author FROM post_keys") == [("erased", None)]


def test_a_seal_is_never_broken(database: Database) -> None:
    expire(database)
    with database.transaction() as connection:
        retention.expire(connection, NOON, 1)
    assert rows(database, "SELECT sealed_before FROM retention") == [(HORIZON,)]
