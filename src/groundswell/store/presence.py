"""Which processes live: each tells so every few seconds, and is forgotten when it stops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from groundswell.store.statements import load

SQL = load("groundswell.store", "presence")

SILENT_AFTER = timedelta(seconds=15)
"""A process that has been silent for so long counts as dead."""
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One process of Groundswell and what it says of itself."""

    #: stable over restarts, as `host:role:slot`
    id: str
    role: str
    host: str
    pid: int
    version: str
    started_at: datetime
    #: what an operator asks of such a process: model, memory, breakers; JSON
    state: Mapping[str, object] = field(default_factory=dict)


def beat(connection: psycopg.Connection, process: Process, at: datetime) -> None:
    """Tell that `process` lives at `at`."""
    values = {
        "id": process.id,
        "role": process.role,
        "host": process.host,
        "pid": process.pid,
        "version": process.version,
        "started_at": process.started_at,
        "state": Jsonb(dict(process.state)),
        "at": at,
    }
    connection.execute(SQL["beat"], values)


def leave(connection: psycopg.Connection, id: str) -> None:  # noqa: A002 - its name everywhere
    """Forget a process that ends in order."""
    connection.execute(SQL["leave"], {"id": id})


def living(connection: psycopg.Connection, at: datetime) -> list[Process]:
    """Return the processes that live at `at`, by role."""
    with connection.cursor(row_factory=class_row(Process)) as cursor:
        return cursor.execute(SQL["living"], {"since": at - SILENT_AFTER}).fetchall()


def prune(connection: psycopg.Connection, at: datetime) -> int:
    """Forget the processes that have been silent for a day before `at`; return how many."""
    return connection.execute(SQL["prune"], {"before": at - FORGOTTEN_AFTER}).rowcount
