"""Connections: bounded, replaced when they break, and clear about whose fault an error is."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from tests.integration.store.samples import NOON
from tests.patience import PATIENCE
from tests.servers import start_postgres, stop

from groundswell.core.errors import StoreUnavailable
from groundswell.store import database as module
from groundswell.store.database import Database, is_outage


def cause(database: Database, statement: LiteralString) -> psycopg.Error:
    """Run a statement that fails in a transaction and return psycopg's error."""
    with pytest.raises((psycopg.Error, StoreUnavailable)) as caught, database.transaction() as connection:
        connection.execute(statement)
    found = caught.value if isinstance(caught.value, psycopg.Error) else caught.value.__cause__
    assert isinstance(found, psycopg.Error)
    assert is_outage(caught.value) == is_outage(found) == isinstance(caught.value, StoreUnavailable)
    return found


OUTAGES: list[tuple[LiteralString, str]] = [
    ("SELECT pg_terminate_backend(pg_backend_pid())", "57P01"),
    ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", "57014"),
    ("SET TRANSACTION READ ONLY; DELETE FROM posts", "25006"),
    ("SELECT * FROM posts_of_another_version", "42P01"),
    ("SELECT column_of_another_version FROM posts", "42703"),
    ("SELECT function_of_another_version()", "42883"),
    ("DO $$ BEGIN RAISE disk_full; END $$", "53100"),
    ("DO $$ BEGIN RAISE out_of_memory; END $$", "53200"),
    ("DO $$ BEGIN RAISE too_many_connections; END $$", "53300"),
    ("DO $$ BEGIN RAISE io_error; END $$", "58030"),
    ("DO $$ BEGIN RAISE serialization_failure; END $$", "40001"),
    ("DO $$ BEGIN RAISE deadlock_detected; END $$", "40P01"),
    ("DO $$ BEGIN RAISE cannot_connect_now; END $$", "57P03"),
    ("DO $$ BEGIN RAISE connection_failure; END $$", "08006"),
    ("DO $$ BEGIN RAISE insufficient_privilege; END $$", "42501"),
    ("DO $$ BEGIN RAISE idle_in_transaction_session_timeout; END $$", "25P03"),
    ("DO $$ BEGIN RAISE transaction_timeout; END $$", "25P04"),
]


@pytest.mark.parametrize(("statement", "state"), OUTAGES, ids=[state for _, state in OUTAGES])
def test_the_servers_trouble_is_an_outage(database: Database, statement: LiteralString, state: str) -> None:
    error = cause(database, statement)
    assert error.sqlstate == state and is_outage(error)
    assert database.ping()


FAULTS: list[tuple[LiteralString, str]] = [
    ("INSERT INTO topics_version (version) VALUES (1)", "23505"),
    ("INSERT INTO topics_version VALUES (false, 1)", "23514"),
    ("INSERT INTO erased_authors VALUES ('x', NULL)", "23502"),
    ("SELECT convert_from('\\x00', 'UTF8')", "22021"),
    ("SELECT 40000::smallint", "22003"),
    ("SELECT '\"\\u0000\"'::jsonb ->> 0", "22P05"),
    ("DO $$ BEGIN RAISE program_limit_exceeded; END $$", "54000"),
]


@pytest.mark.parametrize(("statement", "state"), FAULTS, ids=[state for _, state in FAULTS])
def test_a_posts_fault_is_none(database: Database, statement: LiteralString, state: str) -> None:
    error = cause(database, statement)
    assert error.sqlstate == state and not is_outage(error)


def test_errors_of_others_are_no_outages(database: Database) -> None:
    with pytest.raises(psycopg.DataError) as caught, database.transaction() as connection:
        connection.execute("SELECT %s", ("a NUL: \0",))
    assert not is_outage(caught.value)
    assert not is_outage(ValueError()) and not is_outage(OSError())


def test_waiting_for_a_lock_ends(database: Database) -> None:
    with database.transaction() as holder:
        holder.execute("LOCK TABLE post_keys")
        error = cause(database, "SET LOCAL lock_timeout = '10ms'; SELECT count(*) FROM post_keys")
    assert error.sqlstate == "55P03"


def test_a_deadlock_is_an_outage(database: Database) -> None:
    """Two transactions that lock in opposite order: one is sent back, the other commits."""
    barrier = threading.Barrier(2, timeout=PATIENCE)
    failures: list[BaseException] = []

    def lock(first: int, second: int) -> None:
        try:
            with database.transaction() as connection:
                connection.execute("SET LOCAL deadlock_timeout = '10ms'")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (first,))
                barrier.wait()
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (second,))
        except StoreUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=lock, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [type(error.__cause__) for error in failures] == [psycopg.errors.DeadlockDetected]


def test_an_exhausted_pool_is_an_outage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(database_url, size=1)
    with ExitStack() as stack:
        stack.callback(database.close)
        stack.enter_context(database.transaction())
        monkeypatch.setattr(module, "_POOL_SECONDS", 0.05)
        with pytest.raises(StoreUnavailable), database.transaction():
            pass


def test_broken_connections_are_replaced(database: Database, database_url: str) -> None:
    with database.transaction() as one, database.transaction() as other:
        pids = [one.info.backend_pid, other.info.backend_pid]
    with psycopg.connect(database_url) as outsider:
        outsider.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::integer[]) AS pid", (pids,))
    with database.transaction() as one, database.transaction() as other:
        assert {one.info.backend_pid, other.info.backend_pid}.isdisjoint(pids)


def test_reading_writes_nothing_and_sees_one_moment(database: Database) -> None:
    with pytest.raises(StoreUnavailable), database.reading() as connection:
        connection.execute("DELETE FROM posts")
    with database.reading() as reader:
        reader.execute("SELECT * FROM erased_authors")
        with database.transaction() as writer:
            writer.execute("INSERT INTO erased_authors VALUES ('a', now())")
        assert reader.execute("SELECT * FROM erased_authors").fetchall() == []


def test_moments_come_back_in_utc(database: Database) -> None:
    with database.reading() as connection:
        [moment] = connection.execute("SELECT %s::timestamptz", (NOON,)).fetchone() or ()
    assert moment == NOON and moment.utcoffset() == NOON.utcoffset()


def test_a_killed_server_is_an_outage_and_its_return_is_noticed(
    server_dir: Path,
    eventually: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_POOL_SECONDS", 1.0)
    monkeypatch.setattr(module, "_PING_SECONDS", 0.5)
    folder = server_dir / "own"
    folder.mkdir()
    process = start_postgres(folder)
    database = Database(f"postgresql:///postgres?host={folder}&user=groundswell")
    try:
        eventually(database.ping)
        with pytest.raises(StoreUnavailable):
            _kill_in_a_transaction(database, process)
        assert not database.ping()
        with pytest.raises(StoreUnavailable), database.reading():
            pass

        def back() -> bool:
            nonlocal process
            if process.poll() is not None:  # it waits for the children of the killed one to end
                process = subprocess.Popen(process.args, stderr=subprocess.DEVNULL, start_new_session=True)
            return database.ping()

        eventually(back)
    finally:
        database.close()
        stop(process)


def _kill_in_a_transaction(database: Database, process: subprocess.Popen[bytes]) -> None:
    with database.transaction() as connection:
        connection.execute("SELECT 1")
        process.kill()
        process.wait(PATIENCE)
        for _ in range(1000):  # its children end when they notice
            connection.execute("SELECT pg_sleep(0.01)")
