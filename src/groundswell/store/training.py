"""Training jobs: asked for, begun, reported, ended; whoever was taken over writes nothing any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from groundswell.core.errors import Conflict, NotFound, StopRequested
from groundswell.store import job_queue
from groundswell.store.statements import load

SQL = load("groundswell.store", "training")

RUN = "training.run"
"""The job that runs one training job in a process of its own."""

LOG_LINES = 100
"""Lines of a job's log that are kept, the newest."""

Kind = Literal["head", "tfidf", "finetune", "bootstrap", "evaluate"]
Status = Literal["queued", "running", "completed", "failed", "cancelled"]

TRAINS: tuple[Kind, ...] = ("head", "tfidf", "finetune", "bootstrap")
"""Kinds that make a candidate; one at a time for each model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked for."""

    kind: Kind
    #: key of the model, for an evaluation also `key@version`
    model: str
    by: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingJob:
    """One job."""

    name: str
    kind: Kind
    model: str
    options: Mapping[str, Any]
    asked_by: str
    status: Status
    #: 0 to 1
    progress: float
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    #: how often it was begun
    attempt: int
    cancel_requested: bool
    log: Sequence[str]
    error: str | None
    #: `key@version` in production when it was begun
    champion: str | None
    #: the version it makes
    candidate: str | None
    snapshot: str | None
    last_feedback: int | None
    metrics: Mapping[str, Any]
    decision: Mapping[str, Any] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in {"queued", "running"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What a job works with, settled when it is first begun."""

    champion: str | None = None
    candidate: str | None = None
    snapshot: str | None = None
    last_feedback: int | None = None


def lock(connection: psycopg.Connection) -> None:
    """Make other requests wait until the transaction ends."""
    connection.execute(SQL["lock"])


def ask(connection: psycopg.Connection, request: Request, at: datetime) -> TrainingJob:
    """Write a request down and queue its job; raises `Conflict` while the model is being trained already."""
    lock(connection)
    if request.kind in TRAINS and (busy := under_way(connection, request.model)):
        raise Conflict(
            f"{request.model} is being trained already, by {busy}; wait for its end or cancel it.",
            details={"job": busy},
        )
    (number,) = connection.execute(SQL["number"]).fetchone() or (0,)
    name = f"{request.kind}-{number}"
    values = {"name": name, "kind": request.kind, "model": request.model, "by": request.by, "at": at}
    connection.execute(SQL["add"], values | {"options": Jsonb(dict(request.options))})
    job_queue.add(connection, RUN, lock="training", args={"name": name})
    return get(connection, name)


def under_way(connection: psycopg.Connection, model: str) -> str | None:
    """Return the job that trains a model now, or will."""
    found = connection.execute(SQL["under_way"], {"model": model, "kinds": list(TRAINS)}).fetchone()
    return str(found[0]) if found else None


def get(connection: psycopg.Connection, name: str) -> TrainingJob:
    """Return one job, or raise `NotFound`."""
    with connection.cursor(row_factory=class_row(TrainingJob)) as cursor:
        found = cursor.execute(SQL["get"], {"name": name}).fetchone()
    if found is None:
        raise NotFound(f"There is no training job {name}.")
    return found


def page(
    connection: psycopg.Connection, *, kind: Kind | None = None, limit: int = 20, offset: int = 0
) -> tuple[list[TrainingJob], int]:
    """Return a page of jobs, the newest first, and how many there are in all."""
    values = {"kind": kind, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(TrainingJob)) as cursor:
        found = cursor.execute(SQL["page"], values).fetchall()
    (total,) = connection.execute(SQL["count"], values).fetchone() or (0,)
    return found, int(total)


def begin(connection: psycopg.Connection, name: str, at: datetime) -> TrainingJob | None:
    """Begin a job, or begin it again; None when it has ended or is to end."""
    begun = connection.execute(SQL["begin"], {"name": name, "at": at}).fetchone()
    return get(connection, name) if begun else None


def settle(connection: psycopg.Connection, name: str, settled: Settled) -> TrainingJob:
    """Write down what a job works with; what was settled before stays."""
    values = {"champion": settled.champion, "candidate": settled.candidate, "snapshot": settled.snapshot}
    connection.execute(SQL["settle"], {**values, "last_feedback": settled.last_feedback, "name": name})
    return get(connection, name)


def report(connection: psycopg.Connection, job: TrainingJob, progress: float, line: str) -> None:
    """Say how far a job is; raises `StopRequested` when it is somebody else's by now, or is to end."""
    values = {"name": job.name, "attempt": job.attempt, "progress": progress, "line": line}
    if connection.execute(SQL["report"], values | {"most": LOG_LINES}).fetchone() is None:
        raise StopRequested


def note(connection: psycopg.Connection, name: str, line: str) -> None:
    """Add a line to a job's log, whoever is at work."""
    connection.execute(SQL["note"], {"name": name, "line": line, "most": LOG_LINES})


def finish(
    connection: psycopg.Connection,
    job: TrainingJob,
    at: datetime,
    *,
    metrics: Mapping[str, Any],
    decision: Mapping[str, Any] | None = None,
) -> None:
    """End a job well; raises `StopRequested`, so that the transaction is undone, like `report`."""
    values = {"name": job.name, "attempt": job.attempt, "at": at, "metrics": Jsonb(dict(metrics))}
    values["decision"] = Jsonb(dict(decision)) if decision is not None else None
    if connection.execute(SQL["finish"], values).fetchone() is None:
        raise StopRequested


def fail(connection: psycopg.Connection, name: str, at: datetime, error: str) -> bool:
    """End a job badly; False: it had ended before."""
    return connection.execute(SQL["fail"], {"name": name, "at": at, "error": error}).fetchone() is not None


def cancel(connection: psycopg.Connection, name: str, at: datetime) -> TrainingJob:
    """Ask for a job's end; raises `NotFound`, or `Conflict` when it has ended already."""
    if connection.execute(SQL["cancel"], {"name": name, "at": at}).rowcount == 0:
        raise Conflict(f"The training job {name} has ended: {get(connection, name).status}.")
    return get(connection, name)


def cancelled(connection: psycopg.Connection, name: str, at: datetime) -> None:
    """End a job whose end was asked for."""
    connection.execute(SQL["cancelled"], {"name": name, "at": at})


def last_feedback(connection: psycopg.Connection, model: str) -> int:
    """Return the highest id of feedback that any completed training of a model has seen."""
    (found,) = connection.execute(SQL["last_feedback"], {"model": model}).fetchone() or (0,)
    return int(found)


def next_version(connection: psycopg.Connection, key: str, root: str = "") -> str:
    """Return the first free name of the form `ROOT.NUMBER`, or `NUMBER`; names are given once for ever."""
    taken = {name for (name,) in connection.execute(SQL["names_taken"], {"key": key}).fetchall()}
    before = f"{root}." if root else ""
    return next(name for number in range(1, len(taken) + 2) if (name := f"{before}{number}") not in taken)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a post comes from."""

    source: str
    lang: str | None
    topics: Sequence[str]


def places(connection: psycopg.Connection, posts: Sequence[UUID]) -> dict[UUID, Place]:
    """Return where those of the posts that are stored come from."""
    found = connection.execute(SQL["posts"], {"ids": list(posts)}).fetchall()
    return {id_: Place(source=source, lang=lang, topics=topics) for id_, source, lang, topics in found}
