"""Feedback as people give it: about a text they send, or a post that is stored; one by one, or a file of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from groundswell.core.door import required
from groundswell.core.errors import Conflict, InvalidInput, NotFound
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Emotion, Sentiment
from groundswell.learning.holdout import held_out
from groundswell.store import feedback as store
from groundswell.store.feedback import FeedbackQuery, KeptItem, NewFeedback, Origin, Withdrawal, page

__all__ = [
    "FeedbackQuery", "KeptItem", "Origin", "Said", "Withdrawal", "keep", "keep_once", "page", "post_named", "withdraw",
]  # fmt: skip

MOST_CHARACTERS = 10_000

KeyOf = Callable[[str, str], UUID]
"""What makes the key of a post of its source and its id there, as the door does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a person says of a text, or of a post; of a post the store knows the text and the prediction."""

    label: Sentiment
    text: str | None = None
    post: UUID | None = None
    emotion: Emotion | None = None
    annotator: str | None = None
    #: the version that predicted, as `key@version`
    model: str | None = None
    prediction: Sentiment | None = None
    origin: Origin = "api"
    sampling_probability: float | None = None
    adjudicates: bool = False
    #: the task of a label queue that it answers
    task: int | None = None


def keep(
    connection: psycopg.Connection, said: Said, at: datetime, *, most_characters: int = MOST_CHARACTERS
) -> KeptItem:
    """Keep what someone said at `at`.

    Raises `InvalidInput` for a text that cannot be stored, `NotFound` for a post that is not stored,
    `Conflict` for one that was erased.
    """
    return store.get(connection, store.add(connection, prepared(connection, said, at, most_characters)))


def prepared(connection: psycopg.Connection, said: Said, at: datetime, most_characters: int) -> NewFeedback:
    """Return what would be kept; a post it is about is held until the transaction ends."""
    prediction, model = said.prediction, said.model
    if said.text is not None:
        content = required(said.text, "text", most_characters)
        if said.post is not None and store.is_erased(connection, said.post):
            raise Conflict(f"The post {said.post} was erased; nothing is kept of it.")
    elif said.post is not None:
        found = store.post(connection, said.post)
        content, model, prediction = found.content, found.model, SENTIMENTS[found.sentiment]
    else:
        raise InvalidInput("Give a 'text' or a 'post_id'.", details={"parameter": "text"})
    return NewFeedback(
        content=content,
        label=SENTIMENTS.index(said.label),
        emotion=None if said.emotion is None else EMOTIONS.index(said.emotion),
        held_out=held_out(content),
        post=said.post,
        model=model,
        prediction=None if prediction is None else SENTIMENTS.index(prediction),
        annotator=said.annotator,
        created_at=at,
        origin=said.origin,
        sampling_probability=said.sampling_probability,
        adjudicates=said.adjudicates,
        task=said.task,
    )


def withdraw(connection: psycopg.Connection, which: Withdrawal) -> int:
    """Take items back: nothing is learned from them any more; return how many did hold.

    Raises `InvalidInput` when nothing says which.
    """
    if which.is_empty:
        raise InvalidInput("Say which feedback to take back: ids, an annotator, an origin or a span of time.")
    return store.withdraw(connection, which)


def post_named(connection: psycopg.Connection, name: str, key_of: KeyOf) -> UUID:
    """Return the key of the post that `name` means: our id of it, or its source's.

    Raises `NotFound`, and `InvalidInput`
    when several sources have a post of that id.
    """
    keys = [key_of(source, name) for source in store.sources(connection)]
    with suppress(ValueError):
        keys.append(UUID(name))
    found = store.stored(connection, keys)
    if len(found) > 1:
        raise InvalidInput(
            f"Several sources have a post '{name}'; give its 'id' instead.", details={"parameter": "post_id"}
        )
    if not found:
        raise NotFound(f"There is no post {name}.")
    return found[0]


def keep_once(connection: psycopg.Connection, said: Said, at: datetime) -> bool:
    """Keep what someone said unless it is known already; tell whether it was new. Raises as `keep` does."""
    new = prepared(connection, said, at, MOST_CHARACTERS)
    if store.is_known(connection, new):
        return False
    store.add(connection, new)
    return True
