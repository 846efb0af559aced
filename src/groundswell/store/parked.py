"""Parked entries: what could not be processed, byte for byte, with the reason, until someone decides."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
import psycopg

from groundswell.core.errors import NotFound
from groundswell.store import gate
from groundswell.store.statements import load

SQL = load("groundswell.store", "parked")

State = Literal["parked", "retried", "dropped"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """An entry that waits for a decision, or had one."""

    id: int
    entry_id: str
    #: post, delete, erase; "" where the entry does not say
    kind: str
    key: UUID | None
    source: str
    reason: str
    error: str
    deliveries: int
    parked_at: datetime
    state: State
    #: the entry as it stood in the stream
    fields: dict[bytes, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Which post an entry holds and who wrote it, where its fields name neither."""

    key: UUID
    #: a pseudonym
    author: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """What can be read of an entry that may be broken in any way."""

    kind: str
    key: UUID | None
    source: str
    author: str | None
    accepted_at: datetime | None


def park(
    connection: psycopg.Connection,
    delivery_fields: Mapping[bytes, bytes],
    *,
    entry_id: str,
    reason: str,
    error: str,
    deliveries: int,
    at: datetime,
    whose: Whose | None = None,
) -> bool:
    """Park an entry; an entry that is parked already stays as it is.

    `whose` names what the fields do not say: without its key an erasure of the post cannot find
    this copy. What was erased is not kept: then nothing is written, and the answer is False. The
    transaction should hold nothing else.
    """
    gate.enter_alone(connection)  # an erasure under way would not see this copy, nor we its tombstone
    read = _read(delivery_fields)
    values = {
        "entry_id": entry_id,
        "kind": read.kind,
        "key": whose.key if whose else read.key,
        "author": whose.author if whose else read.author,
        "source": read.source,
        "accepted_at": read.accepted_at,
        "reason": _text(reason),
        "error": _text(error),
        "deliveries": deliveries,
        "parked_at": at,
        "names": list(delivery_fields.keys()),
        "values": list(delivery_fields.values()),
    }
    written = connection.execute(SQL["park"], values).rowcount
    return written == 1 or _is_parked(connection, entry_id)


def listing(
    connection: psycopg.Connection, *, state: State | None, limit: int, offset: int
) -> tuple[list[Parked], int]:
    """Return a page of entries in `state` (None: in any), newest first, and how many there are."""
    rows = connection.execute(SQL["page"], {"state": state, "limit": limit, "offset": offset}).fetchall()
    (total,) = connection.execute(SQL["count"], {"state": state}).fetchone() or (0,)
    return [_parked(row) for row in rows], total


def get(connection: psycopg.Connection, id: int) -> Parked:  # noqa: A002 - its name everywhere
    """Return one entry, or raise `NotFound`."""
    row = connection.execute(SQL["get"], {"id": id}).fetchone()
    if row is None:
        raise NotFound(f"There is no parked post {id}.")
    return _parked(row)


def mark(connection: psycopg.Connection, id: int, state: State) -> None:  # noqa: A002
    """Write down what was decided, or raise `NotFound`."""
    if connection.execute(SQL["mark"], {"id": id, "state": state}).rowcount == 0:
        raise NotFound(f"There is no parked post {id}.")


def parked_since(connection: psycopg.Connection, moment: datetime) -> int:
    """Return how many entries were parked since `moment`."""
    (total,) = connection.execute(SQL["since"], {"moment": moment}).fetchone() or (0,)
    return int(total)


def _is_parked(connection: psycopg.Connection, entry_id: str) -> bool:
    row = connection.execute(SQL["is_parked"], {"entry_id": entry_id}).fetchone()
    return row is not None and bool(row[0])


def _parked(row: Sequence[Any]) -> Parked:
    names = ("id", "entry_id", "kind", "key", "source", "reason", "error", "deliveries", "parked_at", "state")
    *values, field_names, field_values = row
    fields = dict(zip(field_names, field_values, strict=True))
    return Parked(**dict(zip(names, values, strict=True)), fields=fields)


def _read(fields: Mapping[bytes, bytes]) -> _Read:
    body = _body(fields)
    return _Read(
        kind=_text(fields.get(b"kind", b"")),
        key=_key(fields),
        source=_text(body.get("source", "")),
        author=_text(body["author"]) if body.get("author") else None,
        accepted_at=_moment(fields),
    )


def _body(fields: Mapping[bytes, bytes]) -> dict[str, object]:
    """Return the body of our own entries, or the plain fields of another producer's."""
    with suppress(ValueError):
        body = orjson.loads(fields[b"body"]) if b"body" in fields else fields
        if isinstance(body, dict):
            return {_text(name): value for name, value in body.items()}
    return {}


def _key(fields: Mapping[bytes, bytes]) -> UUID | None:
    with suppress(KeyError, ValueError):
        return UUID(fields[b"key"].decode())
    return None


def _moment(fields: Mapping[bytes, bytes]) -> datetime | None:
    with suppress(KeyError, ValueError):
        moment = datetime.fromisoformat(fields[b"accepted_at"].decode())
        return moment if moment.tzinfo else None
    return None


def _text(value: object) -> str:
    """Write anything as text that PostgreSQL can hold: no NUL, no half of a surrogate pair."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
