"""Requests to erase, or to hand out, what is kept of an author or a post; a request's row is its receipt."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import orjson
import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from groundswell.core.errors import NotFound
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.store import audit, job_queue
from groundswell.store.audit import Actor
from groundswell.store.statements import load

SQL = load("groundswell.store", "privacy")

TASK = "privacy"
MOST_POSTS = 100_000
"""Of one export; who wrote more is told so in it."""

Kind = Literal["erase", "export"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Whose posts: an author's (a pseudonym), or one post's (its key)."""

    author: str | None = None
    post: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request and what became of it."""

    id: UUID
    kind: Kind
    author: str | None
    post: UUID | None
    state: Literal["queued", "done"]
    asked_at: datetime
    asked_by: str
    done_at: datetime | None
    #: of an erasure: what was removed; of an export: what it holds
    counts: Mapping[str, int]
    sha256: str | None
    has_file: bool


def ask(connection: psycopg.Connection, kind: Kind, subject: Subject, *, by: Actor, at: datetime) -> Request:
    """Keep a request and queue its job; both are there if the transaction commits."""
    id = uuid4()  # noqa: A001 - its name everywhere
    values = {"id": id, "kind": kind, "author": subject.author, "post": subject.post, "at": at, "by": by.name}
    connection.execute(SQL["ask"], values)
    job_queue.add(connection, TASK, lock=TASK, args={"request": str(id)})
    audit.write(connection, by, f"privacy.{kind}", str(id), "asked", at=at)
    return get(connection, id)


def get(connection: psycopg.Connection, id: UUID) -> Request:  # noqa: A002
    """Return a request, or raise `NotFound`."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        found = cursor.execute(SQL["get"], {"id": id}).fetchone()
    if found is None:
        raise NotFound(f"There is no request {id}.")
    return found


def page(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[Request], int]:
    """Return a page of requests, newest first, and how many there are."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        rows = cursor.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall()
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    return rows, int(total)


def file(connection: psycopg.Connection, id: UUID) -> bytes:  # noqa: A002
    """Return what an export wrote; raises `NotFound` when there is no such file (any more)."""
    row = connection.execute(SQL["file"], {"id": id}).fetchone()
    if row is None or row[0] is None:
        raise NotFound(f"The request {id} has no file; it is not ready, was an erasure, or is a week old.")
    return bytes(row[0])


def forget_old_files(connection: psycopg.Connection, before: datetime) -> int:
    """Remove the files of exports that were done before `before`; return how many."""
    return connection.execute(SQL["forget_old_files"], {"before": before}).rowcount


# -- what the job does ---------------------------------------------------------------------------------------


def keys_of(connection: psycopg.Connection, request: Request) -> list[UUID]:
    """Return the keys of the posts in question."""
    if request.post is not None:
        return [request.post]
    return [key for (key,) in connection.execute(SQL["keys_of_author"], {"author": request.author})]


def counts(connection: psycopg.Connection, request: Request, keys: Sequence[UUID]) -> dict[str, int]:
    """Return how much is kept of them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(SQL["counts"], {"keys": list(keys), "author": request.author}).fetchone()
    return dict(found or {})


def forget_files(connection: psycopg.Connection, request: Request, keys: Sequence[UUID]) -> None:
    """Remove the files of exports that hold what is erased."""
    connection.execute(SQL["forget_files"], {"keys": list(keys), "author": request.author})


def finish(
    connection: psycopg.Connection,
    request: Request,
    counted: Mapping[str, int],
    *,
    at: datetime,
    content: bytes | None = None,
) -> None:
    """Write the receipt."""
    values = {
        "id": request.id,
        "counts": Jsonb(dict(counted)),
        "at": at,
        "file": content,
        "sha256": hashlib.sha256(content).hexdigest() if content is not None else None,
    }
    connection.execute(SQL["done"], values)
    by = Actor(name="the job")
    audit.write(connection, by, f"privacy.{request.kind}", str(request.id), "done", at=at)


def collect(connection: psycopg.Connection, request: Request, keys: Sequence[UUID], *, at: datetime) -> bytes:
    """Return everything that is kept of them, as JSON."""
    bound = {"keys": list(keys), "author": request.author, "limit": MOST_POSTS}
    with connection.cursor(row_factory=dict_row) as cursor:
        posts = [_spelled(row) for row in cursor.execute(SQL["posts"], bound)]
        parked = [_entry(row) for row in cursor.execute(SQL["parked"], bound)]
        feedback = [_named(row) for row in cursor.execute(SQL["feedback"], bound)]
        tasks = cursor.execute(SQL["label_tasks"], bound).fetchall()
    whole = {
        "author": request.author,
        "post": request.post,
        "collected_at": at,
        "is_complete": max(len(posts), len(feedback), len(tasks)) < MOST_POSTS,
        "posts": posts,
        "parked": parked,
        "feedback": feedback,
        "label_tasks": tasks,
    }
    return orjson.dumps(whole, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2)


def _spelled(row: dict[str, Any]) -> dict[str, Any]:
    """Name the labels that are stored as numbers."""
    for reading in row["readings"]:
        reading["sentiment"] = SENTIMENTS[reading["sentiment"]]
        if reading["emotion"] is not None:
            reading["emotion"] = EMOTIONS[reading["emotion"]]
    return row


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """Name what people said of a post, and what a model had said."""
    prediction, emotion = row["prediction"], row["emotion"]
    return {
        **row,
        "prediction": None if prediction is None else SENTIMENTS[prediction],
        "label": SENTIMENTS[row["label"]],
        "emotion": None if emotion is None else EMOTIONS[emotion],
    }


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    fields = zip(row.pop("field_names"), row.pop("field_values"), strict=True)
    return {
        **row,
        "fields": {bytes(k).decode(errors="replace"): bytes(v).decode(errors="replace") for k, v in fields},
    }
