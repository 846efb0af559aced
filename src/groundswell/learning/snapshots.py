"""Frozen sets of feedback: the same content has the same hash, and a set is found again by it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import psycopg

from groundswell.core.clock import Clock
from groundswell.core.errors import BadData
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.statistics.duplicates import beside
from groundswell.store import feedback
from groundswell.store.feedback import FeedbackItem, FrozenSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A frozen set of feedback, one item per text."""

    #: BLAKE2b-256 of the items, hex
    hash: str
    #: in the order of the hash
    items: tuple[FeedbackItem, ...]
    created_at: datetime
    #: how many of its items were erased since; with any, the hash can no longer be checked
    erased: int = 0

    @property
    def held_out(self) -> tuple[FeedbackItem, ...]:
        """What training never sees."""
        return tuple(item for item in self.items if item.held_out)

    @property
    def training(self) -> tuple[FeedbackItem, ...]:
        """What may be trained on: not held out, and not nearly the same as anything that is."""
        leaking = {item.id for item in self.leaks()}
        return tuple(item for item in self.items if not item.held_out and item.id not in leaking)

    def leaks(self) -> tuple[FeedbackItem, ...]:
        """Return what is not held out but nearly the same as something that is."""
        return leaks(self.items)


def freeze(connection: psycopg.Connection, clock: Clock) -> Snapshot:
    """Freeze what holds now; nothing new since the last time is the same snapshot, with its first date."""
    items = sorted(feedback.current(connection), key=_line)
    kept = feedback.freeze(
        connection,
        FrozenSet(
            hash=content_hash(items),
            created_at=clock.now(),
            items=len(items),
            feedback=[item.id for item in items],
        ),
    )
    return Snapshot(hash=kept.hash, items=tuple(items), created_at=kept.created_at)


def load(connection: psycopg.Connection, hash: str) -> Snapshot:  # noqa: A002 - its name everywhere
    """Return a snapshot as it was frozen, less what was erased since.

    Raises `NotFound`, or `BadData` when its items are not what was frozen.
    """
    kept = feedback.frozen_set(connection, hash)
    found = feedback.by_id(connection, kept.feedback or ())
    items = tuple(found[id_] for id_ in kept.feedback or () if id_ in found)
    erased = kept.items - len(items)
    if not erased and content_hash(items) != kept.hash:
        raise BadData(f"The feedback of snapshot {kept.hash[:12]} is not what was frozen.")
    return Snapshot(hash=kept.hash, items=items, created_at=kept.created_at, erased=erased)


def content_hash(items: Iterable[FeedbackItem]) -> str:
    """Return the hash of the items in whatever order: what was said of which text, by whom, when and of what.

    Ids are not part of it: the same feedback in another installation has the same hash.
    """
    digest = hashlib.blake2b(digest_size=32)
    for line in sorted(_line(item) for item in items):
        digest.update(line + b"\n")
    return digest.hexdigest()


def leaks(items: Iterable[FeedbackItem]) -> tuple[FeedbackItem, ...]:
    """Return the items that are not held out but nearly the same text as one that is."""
    everything = list(items)
    kept_apart = [item.content for item in everything if item.held_out]
    rest = [item for item in everything if not item.held_out]
    places = beside([item.content for item in rest], kept_apart)
    return tuple(item for item, place in zip(rest, places, strict=True) if place is not None)


def _line(item: FeedbackItem) -> bytes:
    facts = {
        "text": item.content,
        "label": SENTIMENTS[item.label],
        "emotion": None if item.emotion is None else EMOTIONS[item.emotion],
        "held_out": item.held_out,
        "origin": item.origin,
        "post": None if item.post is None else str(item.post),
        "model": item.model,
        "prediction": None if item.prediction is None else SENTIMENTS[item.prediction],
        "annotator": item.annotator,
        "created_at": item.created_at.astimezone(UTC).isoformat(),
    }
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
