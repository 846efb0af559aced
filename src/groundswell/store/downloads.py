"""Downloads of models: asked for in one transaction with the job that runs them, watched by whoever wants to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from groundswell.store import job_queue
from groundswell.store.statements import load

SQL = load("groundswell.store", "downloads")

PULL = "models.pull"
"""The job that fetches a model from the hub."""

Status = Literal["queued", "running", "completed", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """The last download of a model."""

    model: str
    status: Status
    #: that are here
    bytes: int
    #: of all its files; 0: not known yet
    total: int
    message: str
    #: what came of it, as `key@version`
    version: str | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def progress(self) -> float:
        """Share of the bytes that are here."""
        if self.status == "completed":
            return 1.0
        return min(1.0, self.bytes / self.total) if self.total else 0.0

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.status in {"queued", "running"}


def find(connection: psycopg.Connection, model: str) -> Download | None:
    """Return the last download of `model`."""
    with connection.cursor(row_factory=class_row(Download)) as cursor:
        return cursor.execute(SQL["get"], {"model": model}).fetchone()


def every(connection: psycopg.Connection) -> list[Download]:
    """Return the last download of each model."""
    with connection.cursor(row_factory=class_row(Download)) as cursor:
        return cursor.execute(SQL["all"]).fetchall()


def request(connection: psycopg.Connection, model: str, at: datetime) -> Download:
    """Queue a download unless one is under way; return how it stands."""
    connection.execute(SQL["lock"])
    found = find(connection, model)
    if found is None or not found.is_under_way:
        connection.execute(SQL["request"], {"model": model, "at": at})
        job_queue.add(connection, PULL, lock=f"pull {model}", args={"model": model})
        found = find(connection, model)
    assert found is not None  # noqa: S101 - it was just written
    return found


def run(connection: psycopg.Connection, model: str, at: datetime) -> None:
    """Write down that it runs."""
    connection.execute(SQL["run"], {"model": model, "at": at})


def progress(connection: psycopg.Connection, model: str, *, done: int, total: int, doing: str = "") -> None:
    """Write down how far it is."""
    connection.execute(SQL["progress"], {"model": model, "bytes": done, "total": total, "message": doing})


def end(
    connection: psycopg.Connection, model: str, at: datetime, *, version: str | None, message: str = ""
) -> None:
    """Write down that it is over; without a version it failed, and `message` says why."""
    status: Status = "completed" if version else "failed"
    values = {"model": model, "status": status, "message": message, "version": version, "at": at}
    connection.execute(SQL["end"], values)
