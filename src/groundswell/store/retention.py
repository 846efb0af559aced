"""Retention by age: old posts go, their keys and their counts stay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from groundswell.store import gate
from groundswell.store.database import Database
from groundswell.store.erase import remove
from groundswell.store.statements import load

SQL = load("groundswell.store", "retention")

AT_ONCE = 5_000
"""Posts removed in one transaction: it holds their locks for a moment only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How long posts are kept, in days; 0 is for ever."""

    days: int = 0
    #: of single sources, instead
    sources: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Which:
    """Posts of which sources: one, or all besides some."""

    source: str | None = None
    besides: tuple[str, ...] = ()


EVERY = Which()


def expire_by_terms(
    database: Database, terms: Terms, now: datetime, may_go_on: Callable[[], bool], at_once: int = AT_ONCE
) -> int:
    """Remove what is older at `now` than its source is kept, while there is time; return how many.

    Buckets are sealed by the shortest of the terms: no count before it can be checked again.
    """
    each = [(Which(source=source), days) for source, days in terms.sources.items()]
    each.append((Which(besides=tuple(terms.sources)), terms.days))
    return sum(
        expire_all(database, now - timedelta(days=days), may_go_on, at_once, which=which)
        for which, days in each
        if days
    )


def expire_all(
    database: Database,
    before: datetime,
    may_go_on: Callable[[], bool],
    at_once: int = AT_ONCE,
    *,
    which: Which = EVERY,
) -> int:
    """Remove the posts ingested before `before`, `at_once` by `at_once`, while there is time; return how many.

    Once a minute would be 83 posts a second, and a source may bring more.
    """
    removed = 0
    while may_go_on():
        with database.transaction() as connection:
            expired = expire(connection, before, at_once, which)
        removed += expired
        if expired == 0:
            break
    return removed


def expire(connection: psycopg.Connection, before: datetime, limit: int, which: Which = EVERY) -> int:
    """Remove at most `limit` posts ingested before `before`, oldest first; return how many.

    Call until it returns 0. Their keys stay, as expired: sent again they are duplicates. Counts
    are not taken back; the buckets before `before` are sealed, so `recount` leaves them out.
    """
    gate.enter(connection)
    bound = {"before": before, "limit": limit, "source": which.source, "besides": list(which.besides)}
    found = connection.execute(SQL["old" if which.source is None else "old_of_source"], bound).fetchall()
    if found or which == EVERY:
        connection.execute(SQL["seal"], {"before": before})
    old = [key for (key,) in found]
    expired = connection.execute(SQL["expire"], {"keys": sorted(old)}).fetchall()
    return len(remove(connection, [key for (key,) in expired]))
