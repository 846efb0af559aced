"""Long work runs to its end, whoever is killed on the way."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.integration.jobs_process import QUICK
from tests.integration.store.samples import NOON, count, differences, key, post, rows, write

from groundswell import jobs
from groundswell.store import topics
from groundswell.store.database import Database

Eventually = Callable[[Callable[[], object], float], None]
POSTS = 3_000


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@contextmanager
def worker(url: str) -> Iterator[threading.Event]:
    """A worker in a thread, as the watch role runs it; its failure fails the test."""
    stop, errors = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            asyncio.run(jobs.run_worker(url, stop, QUICK))
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive() and errors == []


def store_posts(database: Database, how_many: int = POSTS) -> None:
    """Posts a second apart; every third one is about the launch."""
    batch = [post(n, "a launch" if n % 3 == 0 else "rain", ingested=n) for n in range(how_many)]
    for start in range(0, how_many, 500):
        write(database, *batch[start : start + 500])


def create_topic(database: Database) -> int:
    with database.transaction() as connection:
        return topics.create(connection, name="launch", any=["launch"]).topic.id


def pending(database: Database) -> int:
    with database.reading() as connection:
        return jobs.pending(connection)


def matched_since(database: Database, topic: int) -> object:
    with database.reading() as connection:
        return topics.get(connection, topic).matched_since


def assert_matched_to_the_first(database: Database, topic: int, how_many: int = POSTS) -> None:
    assert matched_since(database, topic) is None
    assert count(database, "post_topics") == len(range(0, how_many, 3))
    assert rows(database, "SELECT min(ingested_at) FROM post_topics") == [(NOON,)]
    assert differences(database) == []


def test_a_new_topic_is_matched_to_the_first_post(
    database: Database, database_url: str, eventually: Eventually
) -> None:
    store_posts(database)
    topic = create_topic(database)
    assert pending(database) == 1
    with worker(database_url):
        eventually(lambda: matched_since(database, topic) is None, 30)
    assert_matched_to_the_first(database, topic)
    assert rows(database, "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'topics.back_match'") == []


@contextmanager
def half_way(database: Database) -> Iterator[None]:
    """Keep the post in the middle from being matched, and whoever matches waiting."""
    with database.transaction() as connection:
        connection.execute("SELECT 1 FROM post_keys WHERE key = %s FOR UPDATE", [key(POSTS // 2)])
        yield


def waits_half_way(database: Database) -> bool:
    """Tell whether slices were matched, and the next one waits for the post in the middle."""
    return count(database, "post_topics") > 0 and bool(
        rows(
            database,
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%FOR UPDATE'",
        )
    )


def test_a_killed_worker_is_found_out_and_another_goes_on(
    database: Database, database_url: str, eventually: Eventually
) -> None:
    store_posts(database)
    topic = create_topic(database)
    command = [sys.executable, "-m", "tests.integration.jobs_process", database_url]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    with half_way(database):
        eventually(lambda: waits_half_way(database), 30)
        process.kill()
        process.wait(10)
    before = count(database, "post_topics")
    assert 0 < before < POSTS / 3
    assert rows(database, "SELECT status FROM procrastinate_jobs WHERE task_name = 'topics.back_match'") == [
        ("doing",)
    ]
    with worker(database_url):
        eventually(lambda: matched_since(database, topic) is None, 30)
    assert_matched_to_the_first(database, topic)


def test_a_worker_told_to_stop_leaves_the_rest_to_the_next(
    database: Database, database_url: str, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "procrastinate")
    store_posts(database)
    topic = create_topic(database)
    with worker(database_url) as stop, half_way(database):
        eventually(lambda: waits_half_way(database), 30)
        stop.set()
        eventually(lambda: "Aborting" in caplog.text, 10)  # the job is told, and finishes its slice
    assert matched_since(database, topic) is not None and count(database, "post_topics") > 0
    assert rows(database, "SELECT status FROM procrastinate_jobs WHERE task_name = 'topics.back_match'") == [
        ("todo",)
    ]
    with worker(database_url):
        eventually(lambda: matched_since(database, topic) is None, 30)
    assert_matched_to_the_first(database, topic)


def test_a_topic_that_is_gone_ends_its_job(
    database: Database, database_url: str, eventually: Eventually
) -> None:
    store_posts(database, 10)
    topic = create_topic(database)
    with database.transaction() as connection:
        topics.delete(connection, topic)
    with worker(database_url):
        eventually(
            lambda: (
                not rows(database, "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'topics.back_match'")
            ),
            10,
        )
    assert count(database, "post_topics") == 0 and differences(database) == []


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A task that fails as often as its argument says; the list tells how often it was tried."""
    tried: list[int] = []
    monkeypatch.setattr(jobs, "_declared", dict(jobs._declared))
    monkeypatch.setattr(jobs._Patience.failed, "exponential_wait", 0)

    @jobs.task("test.trouble")
    def run(work: jobs.Work, times: int) -> None:
        assert work.database.ping()
        tried.append(len(tried))
        if len(tried) <= times:
            raise ValueError("once more")

    return tried


@pytest.mark.parametrize(("times", "tries", "left"), [(2, 3, []), (99, jobs.MOST_TRIES, [("failed",)])])
def test_what_fails_is_tried_a_bounded_number_of_times(
    database: Database,
    database_url: str,
    eventually: Eventually,
    trouble: list[int],
    times: int,
    tries: int,
    left: list[tuple[str]],
) -> None:
    with database.transaction() as connection:
        jobs.enqueue(connection, "test.trouble", times=times)
    found = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'test.trouble'"
    with worker(database_url):
        eventually(lambda: rows(database, found) == left, 30)
    assert len(trouble) == tries


def test_a_job_that_kills_its_workers_is_left(
    database: Database, database_url: str, eventually: Eventually
) -> None:
    """Its last worker is dead, and it was tried as often as allowed."""
    create_topic(database)
    with database.transaction() as connection:
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [jobs.MOST_TRIES - 1]
        )
    with worker(database_url):
        eventually(
            lambda: (
                rows(
                    database,
                    "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'topics.back_match'",
                )
                == [("failed",)]
            ),
            10,
        )


def test_an_outage_is_waited_for(
    database_url: str, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    with worker(database_url.replace("host=", "host=/nowhere")):
        eventually(lambda: "PostgreSQL is away" in "".join(capsys.readouterr()), 20)


def test_a_job_needs_a_declared_task(database: Database) -> None:
    with pytest.raises(KeyError), database.transaction() as connection:
        jobs.enqueue(connection, "test.unheard_of")
    assert count(database, "procrastinate_jobs") == 0
