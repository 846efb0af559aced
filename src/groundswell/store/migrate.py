"""Bring a database to this version's schema, from nothing or from any earlier version, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from groundswell.core.errors import StoreUnavailable
from groundswell.store.database import is_outage
from groundswell.store.migrations import run_script

_LOCK = 0x67_73_73_63_68_65_6D
""""gsschem": several processes may start at once; one migrates, the others wait and find it done."""


def migrate(url: str) -> None:
    """Create or upgrade everything Groundswell keeps in the database at `url`; does nothing when done.

    Safe to call from many processes at once, and as a role that merely owns the database. Raises
    `StoreUnavailable` when the server does not answer.
    """
    with _connected(url) as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _upgrade_jobs(connection)


def schema_state(url: str) -> tuple[str | None, str]:
    """Return the revision the database is at (None: an empty one) and the one this version needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision(), str(head)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "groundswell.store:migrations")
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Open one transaction; the URL is read by libpq, as everywhere, and not by SQLAlchemy."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url, connect_timeout=10), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            yield connection
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        if is_outage(cause):
            raise StoreUnavailable from cause
        raise


def _upgrade_jobs(connection: Connection) -> None:
    """Bring procrastinate's tables to the version installed; which of its files ran is written down."""
    known = set(connection.exec_driver_sql("SELECT name FROM job_migrations").scalars())
    folder = files("procrastinate.sql")
    steps = {step.name: step for step in (folder / "migrations").iterdir() if step.name.endswith(".sql")}
    missing = sorted(steps.keys() - known)
    scripts = [steps[name] for name in missing] if known else [folder / "schema.sql"]
    for script in scripts if missing else []:
        run_script(connection, script.read_text(encoding="utf-8"))
    for name in missing:
        connection.exec_driver_sql("INSERT INTO job_migrations (name) VALUES (%s)", (name,))
