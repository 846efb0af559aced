"""How far each source has been read, and when it was listening; written by ingest."""

from datetime import datetime
from typing import Literal

import psycopg

from groundswell.store.statements import load

SQL = load("groundswell.store", "collection")

Kind = Literal["started", "stopped", "gap", "error"]


def cursor(connection: psycopg.Connection, source: str) -> str | None:
    """Return the cursor last saved for `source`, in the source's own form."""
    row = connection.execute(SQL["cursor"], {"source": source}).fetchone()
    return None if row is None else str(row[0])


def save_cursor(connection: psycopg.Connection, source: str, cursor: str, at: datetime) -> None:
    """Remember that everything up to `cursor` is on disk in the stream."""
    connection.execute(SQL["save_cursor"], {"source": source, "cursor": cursor, "at": at})


def log(
    connection: psycopg.Connection,
    *,
    source: str,
    kind: Kind,
    start: datetime,
    end: datetime | None = None,
    detail: str = "",
) -> None:
    """Note that a source started, stopped, failed at `start`, or had a gap from `start` to `end`."""
    values = {"source": source, "kind": kind, "start": start, "end": end, "detail": detail}
    connection.execute(SQL["log"], values)
