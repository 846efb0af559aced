"""Counts per bucket: how they change with the posts, and the proof that they are true."""

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg.rows import class_row

from groundswell.store import gate
from groundswell.store.arrays import integers
from groundswell.store.deltas import CLOCKS, COUNTERS, GRAINS, Deltas, Key
from groundswell.store.statements import load

SQL = load("groundswell.store", "rollups")
_LABELS = 4
"""Where the labels begin in a `Key`; before them are numbers."""
_INTEGER_COLUMNS = ("clock", "grain", "topic", "bucket", "label", *COUNTERS)
_LABEL_COLUMNS = ("sources", "languages", "models")


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One row of the rollups that is not what a recount says; counts in the order of `COUNTERS`."""

    clock: int
    grain: int
    topic: int
    bucket: datetime
    source: str
    lang: str
    model: str
    #: None: the row is missing
    stored: list[int] | None
    #: None: no post counts here
    counted: list[int] | None

    def __str__(self) -> str:
        """Say it in a line that an operator can act on."""
        names = [COUNTERS[i] for i in range(len(COUNTERS)) if self._at("stored", i) != self._at("counted", i)]
        where = f"{CLOCKS[self.clock]} {self.bucket.astimezone(UTC):%Y-%m-%d %H:%M} ({GRAINS[self.grain]} s)"
        what = f"topic {self.topic}, source {self.source!r}, language {self.lang!r}, model {self.model!r}"
        return f"{where}, {what}: {', '.join(names)} differ, stored {self.stored}, counted {self.counted}"

    def _at(self, side: str, place: int) -> int:
        counts: list[int] | None = getattr(self, side)
        return counts[place] if counts else 0


def apply(connection: psycopg.Connection, deltas: Deltas) -> None:
    """Change the rollups; the last statement of every transaction that changes posts.

    These rows are the hottest there are: locked last, they are held for the commit alone. Rows
    in which nothing is left are removed.
    """
    rows = deltas.rows()
    if not rows:
        return
    connection.execute(SQL["apply"], _columns(rows))
    shrunk = [(key, counts) for key, counts in rows if min(counts) < 0]
    if shrunk:
        connection.execute(SQL["drop_empty"], _columns(shrunk))


def _columns(rows: list[tuple[Key, list[int]]]) -> dict[str, str | list[str]]:
    """Return the rows as arrays, one per column.

    Thousands of rows share a handful of sources, languages and models: those are sent once, and
    each row says which of them are its own.
    """
    labels = sorted({key[_LABELS:] for key, _ in rows})
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    keys = zip(*((*key[:_LABELS], numbers[key[_LABELS:]]) for key, _ in rows), strict=True)
    counts = zip(*(counts for _, counts in rows), strict=True)
    columns = dict(zip(_INTEGER_COLUMNS, map(integers, (*keys, *counts)), strict=True))
    return columns | {
        name: list(values) for name, values in zip(_LABEL_COLUMNS, zip(*labels, strict=True), strict=True)
    }


def recount(connection: psycopg.Connection) -> list[Difference]:
    """Count the posts again, all of them, and return the rows that differ: none when all is well.

    Sealed buckets (before the retention horizon) are left out: their posts are gone. May run
    while posts are being written. Takes seconds per million posts, hence no time-out.
    """
    connection.execute("SET LOCAL statement_timeout = 0")
    with connection.cursor(row_factory=class_row(Difference)) as cursor:
        return cursor.execute(SQL["recount"]).fetchall()


def rebuild(connection: psycopg.Connection) -> None:
    """Count every unsealed bucket anew from the posts; no post is written meanwhile."""
    gate.enter_alone(connection)
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute(SQL["forget"])
    connection.execute(SQL["restore"])
