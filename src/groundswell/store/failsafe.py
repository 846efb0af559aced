"""What processes agree on when a model fails: resets, who reads again, and headlines that are replaced, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row

from groundswell.core.mood import EMOTIONS, SCORE_UNIT, SENTIMENTS, Reading, score_units
from groundswell.store import gate, rollups
from groundswell.store.deltas import Counted, Deltas
from groundswell.store.statements import load

SQL = load("groundswell.store", "failsafe")

Place = tuple[datetime, UUID]
"""Where a walk through the fallback headlines stands: `ingested_at` and id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """A post whose headline is a fallback's reading."""

    id: UUID
    content: str
    lang: str | None
    revision: int
    ingested_at: datetime

    @property
    def place(self) -> Place:
        """Where a walk stands behind it."""
        return self.ingested_at, self.id


def generation(connection: psycopg.Connection) -> tuple[int, datetime | None]:
    """Return how often the breakers were reset, and when last."""
    row = connection.execute(SQL["generation"]).fetchone()
    return (int(row[0]), row[1]) if row else (0, None)


def reset(connection: psycopg.Connection, at: datetime) -> int:
    """Have every process close its breakers, within its next look; return the new generation."""
    row = connection.execute(SQL["reset"], {"at": at}).fetchone()
    return int(row[0]) if row else 0


def take_lease(connection: psycopg.Connection, who: str, at: datetime, seconds: float) -> bool:
    """Be the one process that reads again for `seconds`; False: another one is."""
    values = {"who": who, "at": at, "until": at + timedelta(seconds=seconds)}
    return connection.execute(SQL["lease"], values).rowcount == 1


def waiting(connection: psycopg.Connection) -> int:
    """Return how many headlines are a fallback's."""
    (number,) = connection.execute(SQL["waiting"]).fetchone() or (0,)
    return int(number)


def candidates(connection: psycopg.Connection, *, behind: Place, limit: int) -> list[Fallback]:
    """Return posts whose headline is a fallback's, the oldest first, behind a place."""
    with connection.cursor(row_factory=class_row(Fallback)) as cursor:
        values = {"moment": behind[0], "post": behind[1], "limit": limit}
        return cursor.execute(SQL["candidates"], values).fetchall()


def replace_headlines(
    connection: psycopg.Connection, readings: Sequence[tuple[Fallback, Reading]], at: datetime
) -> int:
    """Make readings the headlines of posts whose headline still is a fallback's; return how many were.

    Posts that were edited, erased or read again meanwhile are left alone. Counts move in the same
    transaction, which should hold nothing else.
    """
    gate.enter(connection)
    wanted = {post.id: (post, reading) for post, reading in readings if not reading.fallback_used}
    held: dict[UUID, int] = dict(connection.execute(SQL["hold"], {"keys": sorted(wanted)}).fetchall())
    same = [key for key, revision in held.items() if revision == wanted[key][0].revision]
    deltas = Deltas()
    moved: list[Mapping[str, Any]] = []
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(SQL["old"], {"keys": same}).fetchall():
            _, reading = wanted[row["id"]]
            moved.append(_moved(row, reading, deltas, at))
    _write(connection, moved)
    rollups.apply(connection, deltas)
    return len(moved)


def _moved(row: dict[str, Any], reading: Reading, deltas: Deltas, at: datetime) -> Mapping[str, Any]:
    """Count the old headline out and the new one in; return what is to be written."""
    key = row.pop("id")
    old = Counted(**row)
    new = replace(
        old,
        model=reading.model_used,
        fallback=False,
        sentiment=SENTIMENTS.index(reading.sentiment),
        emotion=None if reading.emotion is None else EMOTIONS.index(reading.emotion),
        scores=score_units(reading.scores),
    )
    deltas.add(old, -1)
    deltas.add(new, 1)
    return {"id": key, "reading": reading, "at": at, **columns(reading)}


def columns(reading: Reading) -> dict[str, Any]:
    """Return a reading as the columns of `posts` and `analyses` hold it."""
    return {
        "model": reading.model_used,
        "sentiment": SENTIMENTS.index(reading.sentiment),
        "scores": list(score_units(reading.scores)),
        "emotion": None if reading.emotion is None else EMOTIONS.index(reading.emotion),
        "emotions": None
        if reading.emotions is None
        else [round(value * SCORE_UNIT) for value in reading.emotions],
    }


def _write(connection: psycopg.Connection, moved: Sequence[Mapping[str, Any]]) -> None:
    rows = [{name: value for name, value in row.items() if name != "reading"} for row in moved]
    vectors = [
        {"id": row["id"], "encoder": vector.encoder, "scale": vector.scale, "values": vector.values}
        for row in moved
        if (vector := row["reading"].vector)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(SQL["replace"], rows)
        cursor.executemany(SQL["analysis"], rows)
        if vectors:
            cursor.executemany(SQL["vector"], vectors)
