"""Migrating: once, whoever begins, whatever the URL looks like."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psycopg
import pytest
from tests.conftest import Postgres

from groundswell.core.errors import StoreUnavailable
from groundswell.store.migrate import migrate, schema_state


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name}")
    yield name
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_empty_database_is_migrated_once(postgres: Postgres, empty_database: str) -> None:
    url = postgres.url(empty_database)
    before, head = schema_state(url)
    assert before is None
    migrate(url)
    assert schema_state(url) == (head, head)
    migrate(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM topics_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_several_processes_may_begin_at_once(postgres: Postgres, empty_database: str) -> None:
    url = postgres.url(empty_database)
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        list(pool.map(migrate, [url] * 3))
    state, head = schema_state(url)
    assert state == head


def test_a_role_that_merely_owns_the_database_may_migrate(postgres: Postgres, empty_database: str) -> None:
    role = f"r_{uuid.uuid4().hex[:8]}"
    postgres.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER")
    postgres.execute(f"ALTER DATABASE {empty_database} OWNER TO {role}")
    migrate(postgres.url(empty_database).replace("user=groundswell", f"user={role}"))
    with psycopg.connect(postgres.url(empty_database)) as connection:
        owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'posts'").fetchone()
    assert owner == (role,)


def test_any_url_that_libpq_reads_will_do(postgres: Postgres, empty_database: str) -> None:
    migrate(f"postgres://groundswell:p%40ss%3Aw@/{empty_database}?host={postgres.socket_dir}")
    migrate(f"host={postgres.socket_dir} user=groundswell dbname={empty_database}")


def test_jobs_are_upgraded_with_the_library(postgres: Postgres, empty_database: str) -> None:
    """A database whose procrastinate is older gets the steps in between, and only those."""
    url = postgres.url(empty_database)
    migrate(url)
    newest = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM job_migrations WHERE name = %s", (newest,))
    migrate(url)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT name FROM job_migrations ORDER BY name DESC LIMIT 1").fetchone()
    assert found == (newest,)


def test_no_server_is_told_in_one_sentence(postgres: Postgres) -> None:
    nowhere = f"postgresql:///x?host={postgres.socket_dir}/nowhere"
    with pytest.raises(StoreUnavailable):
        migrate(nowhere)
    with pytest.raises(StoreUnavailable):
        schema_state(nowhere)
