"""The only writer of posts: each key is stored once, and what is stored is what is counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg

from groundswell.core.post import Post
from groundswell.store import gate, rollups
from groundswell.store.arrays import integers, uuids
from groundswell.store.deltas import Deltas
from groundswell.store.erase import Removed, bury, remove
from groundswell.store.rows import Analysed, insert, row
from groundswell.store.statements import load

__all__ = ["Analysed", "Outcome", "TopicsChanged", "outcomes_known", "write"]

Outcome = Literal["stored", "edited", "duplicate", "erased"]
"""What became of a post; "erased": its key or its author carries a tombstone, nothing was written."""

SQL = load("groundswell.store", "posts")


class TopicsChanged(Exception):
    """The topics moved since the posts were matched: load them, match again, write again."""


def write(
    connection: psycopg.Connection, batch: Sequence[Analysed], *, topics_version: int, analyzed_at: datetime
) -> dict[UUID, Outcome]:
    """Write analysed posts and their counts in the caller's transaction; say what became of each.

    Keys must be unique in the batch. A key not known is stored; a higher revision of a stored one
    replaces it and keeps its place on both clocks; an equal or lower one changes nothing, nor does
    anything sent again after erasure or expiry. So a batch may be written again, by anyone, at any
    time: it adds nothing. Raises `TopicsChanged` when the topics are not at `topics_version`.
    """
    gate.enter(connection)
    if _version(connection) != topics_version:
        raise TopicsChanged
    ordered = sorted(batch, key=lambda item: item.post.key)
    refused = _refused(connection, [item.post for item in ordered])
    claims = _claim(connection, ordered, analyzed_at)
    outcomes = _outcomes(connection, ordered, claims, refused)
    deltas = Deltas()
    for post in bury(connection, refused, analyzed_at):
        deltas.add(post.counted, -1)
    rows = [row(item) for item in _replaced(connection, ordered, outcomes, deltas)]
    for new in rows:
        deltas.add(new.counted, 1)
    insert(connection, rows, analyzed_at)
    rollups.apply(connection, deltas)
    return outcomes


def outcomes_known(connection: psycopg.Connection, posts: Sequence[Post]) -> dict[UUID, Outcome]:
    """Return those of `posts` that `write` will leave alone for good; the others are absent.

    A cheap look before inference; `write` decides. A post of an erased author is among the others
    until `write` has put a tombstone on its key, which is what refuses it when it is sent again.
    """
    states = _states(connection, [post.key for post in posts])
    outcomes: dict[UUID, Outcome] = {}
    for post in posts:
        revision, state = states.get(post.key, (-1, "stored"))
        if state != "stored" or revision >= post.revision:
            outcomes[post.key] = _left_alone(state)
    return outcomes


def _version(connection: psycopg.Connection) -> int:
    row = connection.execute(SQL["version"]).fetchone()
    return int(row[0]) if row else 0


def _refused(connection: psycopg.Connection, posts: Iterable[Post]) -> set[UUID]:
    """Return the keys of posts whose author was erased after they were accepted."""
    by_authors = [post for post in posts if post.author is not None]
    authors = sorted({str(post.author) for post in by_authors})
    if not authors:
        return set()
    tombstones: dict[str, datetime] = dict(
        connection.execute(SQL["author_tombstones"], {"authors": authors}).fetchall()
    )
    return {
        post.key
        for post in by_authors
        if (erased_at := tombstones.get(str(post.author))) and erased_at >= post.ingested_at
    }


def _claim(connection: psycopg.Connection, ordered: Sequence[Analysed], at: datetime) -> Mapping[UUID, bool]:
    """Take the keys that are ours to write; the value says whether that is an edit."""
    posts = [item.post for item in ordered]
    arguments = {
        "keys": uuids(post.key for post in posts),
        "revisions": integers(post.revision for post in posts),
        "authors": [post.author for post in posts],
        "at": at,
    }
    return dict(connection.execute(SQL["claim"], arguments).fetchall())


def _outcomes(
    connection: psycopg.Connection,
    ordered: Sequence[Analysed],
    claims: Mapping[UUID, bool],
    refused: set[UUID],
) -> dict[UUID, Outcome]:
    left = [item.post.key for item in ordered if item.post.key not in claims]
    states = _states(connection, left) if left else {}
    outcomes: dict[UUID, Outcome] = {}
    for item in ordered:
        key = item.post.key
        if key in refused:
            outcomes[key] = "erased"
        elif key in claims:
            outcomes[key] = "edited" if claims[key] else "stored"
        else:
            outcomes[key] = _left_alone(states[key][1])
    return outcomes


def _states(connection: psycopg.Connection, keys: Sequence[UUID]) -> dict[UUID, tuple[int, str]]:
    rows = connection.execute(SQL["states"], {"keys": uuids(keys)}).fetchall()
    return {key: (revision, state) for key, revision, state in rows}


def _left_alone(state: str) -> Outcome:
    """Name what happens to a post whose key is not ours: an expired one was counted in its time."""
    return "erased" if state == "erased" else "duplicate"


def _replaced(
    connection: psycopg.Connection,
    ordered: Sequence[Analysed],
    outcomes: Mapping[UUID, Outcome],
    deltas: Deltas,
) -> list[Analysed]:
    """Return what is to be inserted; of edited posts the old rows are removed and counted out."""
    edited = [key for key, outcome in outcomes.items() if outcome == "edited"]
    old = {post.key: post for post in remove(connection, edited)} if edited else {}
    for post in old.values():
        deltas.add(post.counted, -1)
    fresh = [item for item in ordered if outcomes[item.post.key] in {"stored", "edited"}]
    return [_in_place_of(old[item.post.key], item) if item.post.key in old else item for item in fresh]


def _in_place_of(old: Removed, item: Analysed) -> Analysed:
    """Keep an edited post where it was first counted, on both clocks."""
    moved = replace(
        item.post,
        ingested_at=old.counted.ingested_at,
        created_at=old.counted.created_at,
        created_clamped=old.created_clamped,
    )
    return replace(item, post=moved)
