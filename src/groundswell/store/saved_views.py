"""Saved views: names for what people look at again on the dashboard."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from groundswell.core.errors import Conflict, NotFound
from groundswell.store.statements import load

SQL = load("groundswell.store", "saved_views")


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedView:
    """A view as it is kept."""

    id: int
    name: str
    #: as it stands in the page's address, without the `?`
    query: str
    created_at: datetime


def rows(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[SavedView], int]:
    """Return a page of saved views, by name, and how many there are in all."""
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    with connection.cursor(row_factory=class_row(SavedView)) as cursor:
        return cursor.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall(), total


def create(connection: psycopg.Connection, *, name: str, query: str) -> SavedView:
    """Keep a view under a name; raises `Conflict` for a name that is used."""
    with connection.cursor(row_factory=class_row(SavedView)) as cursor:
        try:
            row = cursor.execute(SQL["create"], {"name": name, "query": query}).fetchone()
        except psycopg.errors.UniqueViolation:
            raise Conflict(f"There is already a saved view named {name!r}.") from None
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return row


def delete(connection: psycopg.Connection, id: int) -> None:  # noqa: A002 - its name everywhere
    """Remove a saved view, or raise `NotFound`."""
    if connection.execute(SQL["delete"], {"id": id}).rowcount == 0:
        raise NotFound(f"There is no saved view {id}.")
