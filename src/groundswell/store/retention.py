"""Retention by age: old posts go, their keys and their counts stay."""

from collections.abc import Callable
from datetime import datetime

import psycopg

from groundswell.store import gate
from groundswell.store.database import Database
from groundswell.store.erase import remove
from groundswell.store.statements import load

SQL = load("groundswell.store", "retention")

AT_ONCE = 5_000
"""Posts removed in one transaction: it holds their locks for a moment only."""


def expire_all(
    database: Database, before: datetime, may_go_on: Callable[[], bool], at_once: int = AT_ONCE
) -> int:
    """Remove the posts ingested before `before`, `at_once` by `at_once`, while there is time; return how many.

    Once a minute would be 83 posts a second, and a source may bring more.
    """
    removed = 0
    while may_go_on():
        with database.transaction() as connection:
            expired = expire(connection, before, at_once)
        removed += expired
        if expired == 0:
            break
    return removed


def expire(connection: psycopg.Connection, before: datetime, limit: int) -> int:
    """Remove at most `limit` posts ingested before `before`, oldest first; return how many.

    Call until it returns 0. Their keys stay, as expired: sent again they are duplicates. Counts
    are not taken back; the buckets before `before` are sealed, so `recount` leaves them out.
    """
    gate.enter(connection)
    connection.execute(SQL["seal"], {"before": before})
    old = [key for (key,) in connection.execute(SQL["old"], {"before": before, "limit": limit}).fetchall()]
    expired = connection.execute(SQL["expire"], {"keys": sorted(old)}).fetchall()
    return len(remove(connection, [key for (key,) in expired]))
