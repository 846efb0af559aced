"""The audit log: who did what, when, from where; the database itself refuses to change or remove a row."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from groundswell.store.statements import load

SQL = load("groundswell.store", "audit")

FIELD_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who did something, and from where."""

    #: id of a key; "" for this machine
    key: str = ""
    name: str
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row of the log."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    target: str
    outcome: str
    address: str
    request_id: str


def write(
    connection: psycopg.Connection, by: Actor, action: str, target: str, outcome: str, *, at: datetime
) -> None:
    """Note what `by` did; it is there if the transaction commits."""
    values = {
        "at": at,
        "actor": by.key,
        "actor_name": by.name,
        "action": action,
        "target": target,
        "outcome": outcome,
        "address": by.address,
        "request_id": by.request_id,
    }
    connection.execute(
        SQL["write"],
        {
            name: value[:FIELD_CHARACTERS] if isinstance(value, str) else value
            for name, value in values.items()
        },
    )


def page(
    connection: psycopg.Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[Entry], int]:
    """Return a page of the log, newest first, and how many rows there are."""
    wanted = {"actor": actor, "action": action, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        rows = cursor.execute(SQL["page"], wanted).fetchall()
    (total,) = connection.execute(SQL["count"], wanted).fetchone() or (0,)
    return rows, int(total)
