"""Feedback: what people say of texts and posts, kept for good, and which of it holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from groundswell.core.errors import NotFound
from groundswell.core.text import fingerprint
from groundswell.store.statements import load

SQL = load("groundswell.store", "feedback")

Origin = Literal["api", "live", "import", "random", "uncertainty", "disagreement"]
"""How an item came to be labelled; labels of `random` alone may be used to estimate shares."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackItem:
    """What one person said of one text."""

    id: int
    content: str
    #: index in `SENTIMENTS`
    label: int
    #: index in `EMOTIONS`
    emotion: int | None
    #: whether training never sees it
    held_out: bool
    origin: Origin
    #: the post it is about, if any
    post: UUID | None
    #: the version that predicted, as `key@version`
    model: str | None
    #: what that predicted, as an index in `SENTIMENTS`
    prediction: int | None
    annotator: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptItem(FeedbackItem):
    """An item with what is only of interest where items are listed."""

    sampling_probability: float | None
    superseded: bool
    adjudicates: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFeedback:
    """An item to be kept."""

    content: str
    label: int
    held_out: bool
    origin: Origin
    created_at: datetime
    emotion: int | None = None
    post: UUID | None = None
    model: str | None = None
    prediction: int | None = None
    annotator: str | None = None
    #: probability with which the post was drawn, for `random`
    sampling_probability: float | None = None
    #: whether it settles a disagreement, and so replaces what anyone said of the text
    adjudicates: bool = False
    #: the task of a label queue that it answers
    task: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """A stored post: what it says and what its headline reads in it."""

    content: str
    model: str
    sentiment: int
    fallback: bool


def post(connection: psycopg.Connection, key: UUID) -> Predicted:
    """Return a stored post, held until the transaction ends so that an erasure waits; raises `NotFound`."""
    held = connection.execute(SQL["lock_post"], {"post": key}).fetchone()
    with connection.cursor(row_factory=class_row(Predicted)) as cursor:
        found = cursor.execute(SQL["post"], {"post": key}).fetchone()
    if held is None or found is None:
        raise NotFound(f"There is no post {key}.")
    return found


def is_erased(connection: psycopg.Connection, key: UUID) -> bool:
    """Tell whether a post carries a tombstone; if not, an erasure waits until the transaction ends."""
    found = connection.execute(SQL["lock_key"], {"post": key}).fetchone()
    return found is not None and found[0] == "erased"


def sources(connection: psycopg.Connection) -> list[str]:
    """Return the sources of the stored posts."""
    return [source for (source,) in connection.execute(SQL["sources"]).fetchall()]


def stored(connection: psycopg.Connection, keys: Sequence[UUID]) -> list[UUID]:
    """Return those of the posts that are stored."""
    return [key for (key,) in connection.execute(SQL["stored"], {"keys": list(keys)}).fetchall()]


def add(connection: psycopg.Connection, new: NewFeedback) -> int:
    """Keep an item and return its id; what the same annotator said of the same text before is superseded.

    The transaction must hold the post it is about, if any: see `post`.
    """
    values = asdict(new) | {"text_hash": fingerprint(new.content)}
    connection.execute(SQL["supersede_all" if new.adjudicates else "supersede_own"], values)
    (id_,) = connection.execute(SQL["add"], values).fetchone() or (0,)
    return int(id_)


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """Which items hold no longer: those that fit all that is given."""

    ids: Sequence[int] | None = None
    annotator: str | None = None
    origin: Origin | None = None
    #: bounds of when they were given
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it would take back everything."""
        return all(value is None for value in asdict(self).values())


def withdraw(connection: psycopg.Connection, which: Withdrawal) -> int:
    """Let items hold no longer, and return how many; they stay listed as superseded, and in frozen sets."""
    values = asdict(which) | {"ids": None if which.ids is None else list(which.ids)}
    return connection.execute(SQL["withdraw"], values).rowcount


def is_known(connection: psycopg.Connection, new: NewFeedback) -> bool:
    """Tell whether the annotator's last word on the text is the same, or this very item was kept before."""
    values = asdict(new) | {"text_hash": fingerprint(new.content)}
    (known,) = connection.execute(SQL["known"], values).fetchone() or (False,)
    return bool(known)


def current(connection: psycopg.Connection, *, after_id: int = 0) -> list[FeedbackItem]:
    """Return what holds of each text (the adjudication, else the newest label), in the order of ids.

    With `after_id`, only what came after that item.
    """
    with connection.cursor(row_factory=class_row(FeedbackItem)) as cursor:
        return cursor.execute(SQL["current"], {"after_id": after_id}).fetchall()


def count_new(connection: psycopg.Connection, *, after_id: int) -> int:
    """Return how many items `current` would return."""
    (number,) = connection.execute(SQL["count_new"], {"after_id": after_id}).fetchone() or (0,)
    return int(number)


def after(
    connection: psycopg.Connection,
    id: int,  # noqa: A002 - its name everywhere
    *,
    superseded: bool,
    limit: int,
) -> list[KeptItem]:
    """Return the items behind one, in the order in which they were kept."""
    values = {"id": id, "superseded": superseded, "limit": limit}
    with connection.cursor(row_factory=class_row(KeptItem)) as cursor:
        return cursor.execute(SQL["after"], values).fetchall()


def get(connection: psycopg.Connection, id: int) -> KeptItem:  # noqa: A002 - its name everywhere
    """Return one item, or raise `NotFound`."""
    with connection.cursor(row_factory=class_row(KeptItem)) as cursor:
        found = cursor.execute(SQL["get"], {"id": id}).fetchone()
    if found is None:
        raise NotFound(f"There is no feedback {id}.")
    return found


def by_id(connection: psycopg.Connection, ids: Sequence[int]) -> dict[int, FeedbackItem]:
    """Return those of the items that are still there."""
    with connection.cursor(row_factory=class_row(FeedbackItem)) as cursor:
        found = cursor.execute(SQL["by_id"], {"ids": list(ids)}).fetchall()
    return {item.id: item for item in found}


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackQuery:
    """Which items to list."""

    limit: int = 20
    offset: int = 0
    #: only items with a smaller id
    before: int | None = None
    origin: Origin | None = None
    annotator: str | None = None
    #: whether what was replaced is listed, too
    superseded: bool = False


def page(connection: psycopg.Connection, query: FeedbackQuery) -> tuple[list[KeptItem], int]:
    """Return a page of items, the newest first, and how many there are in all."""
    values = asdict(query)
    with connection.cursor(row_factory=class_row(KeptItem)) as cursor:
        items = cursor.execute(SQL["page"], values).fetchall()
    (total,) = connection.execute(SQL["count"], values).fetchone() or (0,)
    return items, int(total)


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenSet:
    """Which items a snapshot was made of."""

    hash: str
    created_at: datetime
    items: int
    #: ids in the order of the hash; None where only listed
    feedback: Sequence[int] | None = None


def freeze(connection: psycopg.Connection, frozen: FrozenSet) -> FrozenSet:
    """Keep a snapshot and return it; the one of the same content stays as it was first kept."""
    values = {"hash": frozen.hash, "at": frozen.created_at, "items": frozen.items}
    connection.execute(SQL["freeze"], values | {"feedback": list(frozen.feedback or ())})
    return frozen_set(connection, frozen.hash)


def frozen_set(connection: psycopg.Connection, hash: str) -> FrozenSet:  # noqa: A002 - its name everywhere
    """Return a snapshot, or raise `NotFound`."""
    with connection.cursor(row_factory=class_row(FrozenSet)) as cursor:
        found = cursor.execute(SQL["snapshot"], {"hash": hash}).fetchone()
    if found is None:
        raise NotFound(f"There is no snapshot {hash}.")
    return found


def frozen_sets(connection: psycopg.Connection, limit: int = 100) -> list[FrozenSet]:
    """Return the snapshots, the newest first."""
    with connection.cursor(row_factory=class_row(FrozenSet)) as cursor:
        return cursor.execute(SQL["snapshots"], {"limit": limit}).fetchall()
