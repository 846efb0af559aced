"""What the database can say of the state of the whole: how much is stored, and how collection goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from groundswell.store.statements import load

SQL = load("groundswell.views", "status")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceState:
    """Where one source stands."""

    source: str
    #: when its cursor was last saved; None: never
    read_until: datetime | None
    #: started, stopped, gap or error; None: only a cursor is known
    last_event: str | None
    last_event_at: datetime | None
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreStatus:
    """What is stored and where it comes from."""

    #: posts counted since the beginning, those that retention has removed included
    counted: int
    #: None: nothing is stored
    last_analyzed_at: datetime | None
    sources: Sequence[SourceState]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """Something that happened to a source."""

    id: int
    source: str
    #: started, stopped, gap or error
    kind: str
    starts_at: datetime
    #: None: it is a moment, or a gap that goes on
    ends_at: datetime | None
    detail: str


def collection_log(
    connection: Connection, *, source: str | None, limit: int, offset: int
) -> tuple[list[LogEntry], int]:
    """Return a page of the collection log, the newest first, and how many entries there are in all."""
    values = {"source": source, "limit": limit, "offset": offset}
    (total,) = connection.execute(SQL["collection_log_count"], values).fetchone() or (0,)
    with connection.cursor(row_factory=class_row(LogEntry)) as cursor:
        return cursor.execute(SQL["collection_log"], values).fetchall(), total


def store_status(connection: Connection) -> StoreStatus:
    """Return what is stored and where it comes from."""
    counted, last_analyzed_at = connection.execute(SQL["stored"]).fetchone() or (0, None)
    with connection.cursor(row_factory=class_row(SourceState)) as cursor:
        sources = cursor.execute(SQL["sources"]).fetchall()
    return StoreStatus(counted=counted, last_analyzed_at=last_analyzed_at, sources=sources)
