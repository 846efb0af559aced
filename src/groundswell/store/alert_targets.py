"""Where messages of alerts go, and which reached it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from groundswell.core.alert import Target, TargetKind
from groundswell.core.errors import Conflict, NotFound
from groundswell.store import job_queue
from groundswell.store.statements import load

SQL = load("groundswell.store", "alert_targets")

DELIVER_NEWS = "alerts.news"
"""The job that brings one piece of news to one target."""


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What people should know that is no alert: a model was trained, promoted or refused."""

    #: names it for ever: it reaches each target once
    id: str
    #: as programs see it, e.g. `model.promoted`
    type: str
    #: one sentence for people
    text: str
    at: datetime
    #: for programs
    data: Mapping[str, Any]


def rows(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[Target], int]:
    """Return a page of targets, in the order of creation, and how many there are in all."""
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    with connection.cursor(row_factory=class_row(Target)) as cursor:
        return cursor.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall(), total


def enabled(connection: psycopg.Connection) -> list[int]:
    """Return the numbers of the targets that messages go to."""
    return [number for (number,) in connection.execute(SQL["enabled"]).fetchall()]


def get(connection: psycopg.Connection, id: int) -> Target:  # noqa: A002 - its name everywhere
    """Return one target, or raise `NotFound`."""
    with connection.cursor(row_factory=class_row(Target)) as cursor:
        found = cursor.execute(SQL["get"], {"id": id}).fetchone()
    if found is None:
        raise NotFound(f"There is no alert target {id}.")
    return found


def create(
    connection: psycopg.Connection, *, name: str, kind: TargetKind, url: str, secret: str, enabled: bool
) -> Target:
    """Create a target; raises `Conflict` for a name that is used."""
    values = {"name": name, "kind": kind, "url": url, "secret": secret, "enabled": enabled}
    try:
        with connection.transaction(), connection.cursor(row_factory=class_row(Target)) as cursor:
            made = cursor.execute(SQL["create"], values).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"There is an alert target called {name!r} already.") from None
    assert made is not None  # noqa: S101 - an INSERT returns its row
    return made


def delete(connection: psycopg.Connection, id: int) -> None:  # noqa: A002
    """Remove a target, or raise `NotFound`."""
    if connection.execute(SQL["delete"], {"id": id}).rowcount == 0:
        raise NotFound(f"There is no alert target {id}.")


def was_sent(connection: psycopg.Connection, message: str, target: int) -> bool:
    """Tell whether a message reached a target."""
    row = connection.execute(SQL["sent"], {"message": message, "target": target}).fetchone()
    return bool(row and row[0])


def note_sent(connection: psycopg.Connection, message: str, target: int, at: datetime) -> None:
    """Note that a message reached a target."""
    connection.execute(SQL["note_sent"], {"message": message, "target": target, "at": at})
    note_try(connection, target, at, "")


def queue_news(connection: psycopg.Connection, news: News) -> None:
    """Queue the delivery of news to every enabled target, in the transaction that makes it true."""
    args = {"message": news.id, "type": news.type, "text": news.text, "at": news.at.isoformat()}
    for target in enabled(connection):
        lock = f"{news.id} to {target}"
        job_queue.add(
            connection, DELIVER_NEWS, lock=lock, args={**args, "target": target, "data": dict(news.data)}
        )


def note_try(connection: psycopg.Connection, target: int, at: datetime, error: str) -> None:
    """Note how the last delivery to a target went; `error` is empty when it went well."""
    connection.execute(SQL["note_try"], {"target": target, "at": at, "error": error})
