"""Retention by age: old posts go, their keys and their counts stay."""

from datetime import datetime

import psycopg

from groundswell.store import gate
from groundswell.store.erase import remove
from groundswell.store.statements import load

SQL = load("groundswell.store", "retention")


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
