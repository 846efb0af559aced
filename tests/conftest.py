"""Real servers for the tests: one PostgreSQL and one Valkey per test process, a fresh database per test."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from tests.patience import await_that
from tests.servers import start_postgres, start_valkey, stop


@dataclass(frozen=True)
class Postgres:
    socket_dir: Path

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.socket_dir}&user=groundswell"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """A folder with a short path: a socket's path must stay under 107 bytes."""
    folder = Path(f"/tmp/gs-{uuid.uuid4().hex[:8]}")  # noqa: S108
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_dir: Path) -> Iterator[Postgres]:
    process = start_postgres(server_dir)
    yield Postgres(server_dir)
    stop(process)


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:
    """A migrated database that each test's own is copied from."""
    from groundswell.store.migrate import migrate

    postgres.execute("CREATE DATABASE template_groundswell")
    migrate(postgres.url("template_groundswell"))
    return "template_groundswell"


@pytest.fixture
def database_url(postgres: Postgres, template_database: str) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def valkey_url(server_dir: Path) -> Iterator[str]:
    process, url = start_valkey(server_dir)
    yield url
    stop(process)


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """The URL of an empty Valkey."""
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    return valkey_url


@pytest.fixture
def eventually() -> Callable[[Callable[[], object], float], None]:
    """Wait until a condition holds: `eventually(lambda: ...)`."""
    return await_that


def run(*command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return what it printed."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.fixture(autouse=True)
def loggers_that_outlive_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command run inside a test must not bind loggers to a standard error that ends with it."""
    monkeypatch.setattr("groundswell.cli.options.configure_logging", lambda *_: None)
