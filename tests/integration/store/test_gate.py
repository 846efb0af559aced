"""What must not miss a write under way waits for it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.integration.store.samples import (
    ANA,
    NOON,
    back_match,
    count,
    differences,
    key,
    post,
    reading,
    rows,
)
from tests.patience import PATIENCE

from groundswell.store import erase, parked, posts, rollups, topics
from groundswell.store.database import Database
from groundswell.store.posts import Analysed

Change = Callable[[psycopg.Connection], object]
Eventually = Callable[[Callable[[], object], float], None]


def write(connection: psycopg.Connection) -> None:
    posts.write(connection, [Analysed(post=post(), reading=reading())], topics_version=0, analyzed_at=NOON)


def track(connection: psycopg.Connection) -> None:
    topics.create(connection, name="launch", any=["launch"])


def forget_author(connection: psycopg.Connection) -> None:
    erase.erase_author(connection, ANA, NOON)


def forget_post(connection: psycopg.Connection) -> None:
    erase.erase_posts(connection, [key(1)], NOON)


def park(connection: psycopg.Connection) -> None:
    fields = {b"key": key(1).hex.encode()}
    parked.park(connection, fields, entry_id="1-0", reason="", error="", deliveries=1, at=NOON)


def side_by_side(database: Database, first: Change, second: Change, eventually: Eventually) -> None:
    """Let `second` begin when `first` has done everything but commit."""
    started = threading.Event()

    def run() -> None:
        started.set()
        with database.transaction() as connection:
            second(connection)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            first(connection)
            waiting = pool.submit(run)
            started.wait(PATIENCE)
            eventually(lambda: waiting.done() or count(database, "pg_locks WHERE NOT granted"), 10)
            assert not waiting.done()
        waiting.result(PATIENCE)


def test_a_topic_is_matched_to_the_post_that_was_being_written(
    database: Database, eventually: Eventually
) -> None:
    side_by_side(database, write, track, eventually)
    back_match(database, 1)
    assert count(database, "post_topics") == 1 and differences(database) == []


def test_a_post_that_begins_during_a_change_of_topics_is_matched_anew(
    database: Database, eventually: Eventually
) -> None:
    with pytest.raises(posts.TopicsChanged):
        side_by_side(database, track, write, eventually)


def test_an_authors_erasure_finds_the_post_that_was_being_written(
    database: Database, eventually: Eventually
) -> None:
    side_by_side(database, write, forget_author, eventually)
    assert count(database, "posts") == count(database, "rollups") == 0


def test_a_post_that_begins_during_its_authors_erasure_is_refused(
    database: Database, eventually: Eventually
) -> None:
    side_by_side(database, forget_author, write, eventually)
    assert count(database, "posts") == 0
    assert rows(database, "SELECT state FROM post_keys") == [("erased",)]


@pytest.mark.parametrize("order", [(write, forget_post), (forget_post, write)])
def test_a_deletion_wins_on_either_side_of_a_write(
    database: Database, order: tuple[Change, Change], eventually: Eventually
) -> None:
    side_by_side(database, *order, eventually)
    assert count(database, "posts") == count(database, "rollups") == 0


@pytest.mark.parametrize("forget", [forget_post, forget_author])
def test_nothing_erased_stays_parked(database: Database, forget: Change, eventually: Eventually) -> None:
    side_by_side(database, forget, park, eventually)
    assert count(database, "parked") == (1 if forget is forget_author else 0)  # the entry names no author
    side_by_side(database, park, forget_post, eventually)
    assert count(database, "parked") == 0


def test_a_rebuild_counts_the_post_that_was_being_written(database: Database, eventually: Eventually) -> None:
    side_by_side(database, write, rollups.rebuild, eventually)
    assert count(database, "rollups") == 4 and differences(database) == []
