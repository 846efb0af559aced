"""Erasure: posts, readings, vectors, matches, feedback and parked copies go, a tombstone stays.

What was erased cannot come back: a tombstone refuses every later copy and every revision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from groundswell.core.text import fingerprint
from groundswell.store import gate, rollups
from groundswell.store.deltas import Counted, Deltas
from groundswell.store.statements import load

SQL = load("groundswell.store", "erase")


def erase_posts(connection: psycopg.Connection, keys: Sequence[UUID], at: datetime) -> list[UUID]:
    """Erase posts, known or not; return those that had been stored.

    The transaction should hold nothing else.
    """
    gate.enter(connection)
    return _erase(connection, keys, at)


def erase_author(connection: psycopg.Connection, author: str, at: datetime) -> list[UUID]:
    """Erase what `author` (a pseudonym) wrote until `at`; return the posts that had been stored.

    Waits for the writes under way and lets none pass meanwhile: a post that is being written
    would otherwise slip between the tombstone and the look for his posts. The transaction should
    hold nothing else.
    """
    gate.enter_alone(connection)
    connection.execute(SQL["tombstone_author"], {"author": author, "at": at})
    found = connection.execute(SQL["posts_of_author"], {"author": author, "at": at}).fetchall()
    connection.execute(SQL["forget_parked_of_author"], {"author": author, "bytes": author.encode(), "at": at})
    return _erase(connection, [key for (key,) in found], at)


def _erase(connection: psycopg.Connection, keys: Sequence[UUID], at: datetime) -> list[UUID]:
    removed = bury(connection, keys, at)
    deltas = Deltas()
    for post in removed:
        deltas.add(post.counted, -1)
    rollups.apply(connection, deltas)
    return [post.key for post in removed]


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """What is remembered of a post between its removal and the correction of its counts."""

    key: UUID
    counted: Counted
    created_clamped: bool


def bury(connection: psycopg.Connection, keys: Iterable[UUID], at: datetime) -> list[Removed]:
    """Put tombstones on `keys` and remove all that was theirs; the counts are the caller's."""
    ordered = sorted(set(keys))
    if not ordered:
        return []
    connection.execute(SQL["bury"], {"keys": ordered, "at": at})
    for statement in ("forget_parked", "forget_feedback", "forget_tasks"):
        connection.execute(SQL[statement], {"keys": ordered})
    texts = connection.execute(SQL["texts"], {"keys": ordered}).fetchall()
    if texts:  # copies of them that came as feedback without the post's id
        hashes = [fingerprint(content) for (content,) in texts]
        connection.execute(SQL["forget_feedback_of_texts"], {"hashes": hashes})
    return remove(connection, ordered)


def remove(connection: psycopg.Connection, keys: Sequence[UUID]) -> list[Removed]:
    """Remove the posts of keys that the caller has locked; keys and counts are the caller's."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["remove"], {"keys": keys}).fetchall()
    return [_removed(row) for row in rows]


def _removed(row: dict[str, Any]) -> Removed:
    columns = dict(row)
    key, clamped = columns.pop("id"), columns.pop("created_clamped")
    return Removed(key=key, counted=Counted(**columns), created_clamped=clamped)
