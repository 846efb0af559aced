"""Re-analyses: asked for once, run until they end, and every step is kept with the readings it made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from groundswell.core.errors import Conflict, NotFound
from groundswell.core.mood import Vector
from groundswell.store import gate, job_queue
from groundswell.store.arrays import integers, uuids
from groundswell.store.readings import Readings
from groundswell.store.statements import load

SQL = load("groundswell.store", "reanalyses")

TASK = "analysis.reanalyse"
"""The job that runs one."""

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Ending = Literal["completed", "failed", "cancelled"]
Place = tuple[datetime, UUID]
"""The moment and id of a post: where a re-analysis stands."""
_COLUMNS = ("negative", "neutral", "positive")
_EMOTIONS = ("anger", "disgust", "fear", "joy", "calm", "sadness", "surprise")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reanalysis:
    """A version reads a part of history."""

    id: int
    #: `key@version` that reads
    model: str
    #: which posts; see `views.reanalysis`
    asked: Mapping[str, Any]
    status: Status
    #: posts to read; None until it has begun
    total: int | None
    done: int
    #: of those done, how many were read from their stored vectors
    from_vectors: int
    #: of those done, how many were edited or erased meanwhile, or could not be read
    skipped: int
    place_moment: datetime | None
    place_id: UUID | None
    asked_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be done."""
        return self.status in {"completed", "failed", "cancelled"}

    @property
    def place(self) -> Place | None:
        """The last post that is done."""
        if self.place_moment is None or self.place_id is None:
            return None
        return self.place_moment, self.place_id

    @property
    def progress(self) -> float:
        """Share of the posts that are done; posts that come or go meanwhile make it a good guess."""
        if self.status == "completed":
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Some posts that were read, to be kept together with how far that is."""

    keys: Sequence[UUID]
    #: of the posts when they were read
    revisions: Sequence[int]
    readings: Readings | None
    #: one a post where the encoder made them now; else empty
    vectors: Sequence[Vector]
    #: posts gone through, those included that could not be read
    done: int
    from_vectors: int
    #: the last post gone through
    place: Place


def create(
    connection: psycopg.Connection, *, model: str, asked: Mapping[str, Any], by: str, at: datetime
) -> Reanalysis:
    """Ask for a re-analysis; its job is queued if the transaction commits."""
    values = {"model": model, "asked": Jsonb(dict(asked)), "by": by, "at": at}
    (number,) = connection.execute(SQL["create"], values).fetchone() or (0,)
    job_queue.add(connection, TASK, lock=f"{TASK} {number}", args={"number": number})
    return get(connection, number)


def get(connection: psycopg.Connection, id: int) -> Reanalysis:  # noqa: A002 - its name everywhere
    """Return one, or raise `NotFound`."""
    return _one(connection, "get", id)


def page(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[Reanalysis], int]:
    """Return a page of them, the newest first, and how many there are."""
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    with connection.cursor(row_factory=class_row(Reanalysis)) as cursor:
        return cursor.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall(), total


def begin(connection: psycopg.Connection, id: int, *, total: int, at: datetime) -> None:  # noqa: A002
    """Note that it has begun, and how many posts there are; again changes nothing."""
    connection.execute(SQL["begin"], {"id": id, "total": total, "at": at})


def keep(connection: psycopg.Connection, before: Reanalysis, step: Step, at: datetime) -> bool:
    """Keep a step in the caller's transaction; False, and nothing is kept, where `before` is out of date.

    Then somebody has cancelled it, or another process runs it, too. Readings of posts that were edited
    or erased meanwhile are left out, and a headline is never touched.
    """
    gate.enter(connection)
    now = _one(connection, "hold", before.id)
    if now.status != "running" or now.place != before.place:
        return False
    kept = _write(connection, before.model, step, at)
    values = {
        "id": before.id,
        "done": step.done,
        "from_vectors": step.from_vectors,
        "skipped": step.done - kept,
        "moment": step.place[0],
        "post": step.place[1],
    }
    connection.execute(SQL["advance"], values)
    return True


def _write(connection: psycopg.Connection, model: str, step: Step, at: datetime) -> int:
    if step.readings is None:
        return 0
    keys, revisions = uuids(step.keys), integers(step.revisions)
    values = {"keys": keys, "revisions": revisions, "model": model, "at": at, **_columns(step.readings)}
    (kept,) = connection.execute(SQL["keep"], values).fetchone() or (0,)
    if step.vectors:
        pooled = {
            "keys": keys,
            "revisions": revisions,
            "encoder": step.vectors[0].encoder,
            "scales": [vector.scale for vector in step.vectors],
            "values": [vector.values for vector in step.vectors],
        }
        connection.execute(SQL["vectors"], pooled)
    return int(kept)


def _columns(readings: Readings) -> dict[str, str]:
    columns = {"sentiments": integers(readings.sentiments.tolist())}
    columns |= {name: integers(readings.scores[:, place].tolist()) for place, name in enumerate(_COLUMNS)}
    if readings.emotions is None or readings.top is None:
        return columns | dict.fromkeys(("top", *_EMOTIONS), "{}")  # shorter columns are filled with nulls
    columns |= {name: integers(readings.emotions[:, place].tolist()) for place, name in enumerate(_EMOTIONS)}
    return columns | {"top": integers(readings.top.tolist())}


def end(
    connection: psycopg.Connection,
    id: int,  # noqa: A002
    status: Ending,
    at: datetime,
    error: str = "",
) -> bool:
    """End it; False where it has ended already."""
    values = {"id": id, "status": status, "at": at, "error": error}
    return connection.execute(SQL["end"], values).rowcount == 1


def cancel(connection: psycopg.Connection, id: int, at: datetime) -> Reanalysis:  # noqa: A002
    """Cancel it; what was read stays. Raises `NotFound`, or `Conflict` when it has ended otherwise."""
    _one(connection, "hold", id)
    end(connection, id, "cancelled", at)
    found = get(connection, id)
    if found.status != "cancelled":
        raise Conflict(f"Re-analysis {id} has {found.status}.")
    return found


def has_apart(connection: psycopg.Connection, model: str) -> bool:
    """Tell whether `model` (`key@version`) may have read posts whose headline is another's."""
    (found,) = connection.execute(SQL["has_apart"], {"model": model}).fetchone() or (False,)
    return bool(found)


def _one(connection: psycopg.Connection, statement: str, id: int) -> Reanalysis:  # noqa: A002
    with connection.cursor(row_factory=class_row(Reanalysis)) as cursor:
        found = cursor.execute(SQL[statement], {"id": id}).fetchone()
    if found is None:
        raise NotFound(f"There is no re-analysis {id}.")
    return found
