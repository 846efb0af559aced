"""Feedback to and from files: what is exported and imported again is the same feedback, once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NoReturn, get_args
from uuid import UUID

import psycopg

from groundswell.core.door import moment_of
from groundswell.core.errors import InvalidInput, NotFound
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.files.columns import Column
from groundswell.learning.feedback import KeyOf, Said, post_named
from groundswell.store import feedback as store
from groundswell.store.feedback import FeedbackItem, KeptItem, Origin

COLUMNS = (
    Column(name="id", type="whole number"),
    *(
        Column(name=name, type="text")
        for name in (
            "text", "post_id", "user_label", "emotion", "model_prediction", "model", "annotator", "created_at",
            "origin",
        )
    ),
    Column(name="sampling_probability", type="number"),
    *(Column(name=name, type="truth value") for name in ("held_out", "superseded", "adjudicates")),
)  # fmt: skip
"""What is exported of an item; the names are those of the API."""

ALSO_CALLED = {
    "text": ("content",),
    "user_label": ("label", "sentiment"),
    "model_prediction": ("prediction",),
    "model": ("model_used",),
}
"""Other names under which an import finds a column."""

PAGE = 1_000

Row = Mapping[str, object]


def row_of(item: FeedbackItem) -> dict[str, Any]:
    """Return an item with labels by name, as it is answered and written to files."""
    row: dict[str, Any] = {
        "id": item.id,
        "text": item.content,
        "post_id": item.post,
        "user_label": SENTIMENTS[item.label],
        "emotion": None if item.emotion is None else EMOTIONS[item.emotion],
        "model_prediction": None if item.prediction is None else SENTIMENTS[item.prediction],
        "model": item.model,
        "annotator": item.annotator,
        "created_at": item.created_at,
        "origin": item.origin,
        "held_out": item.held_out,
    }
    if isinstance(item, KeptItem):
        row["sampling_probability"] = item.sampling_probability
        row["superseded"] = item.superseded
        row["adjudicates"] = item.adjudicates
    return row


def pages(
    reading: Callable[[], AbstractContextManager[psycopg.Connection]], *, superseded: bool
) -> Iterator[Sequence[Row]]:
    """Yield all feedback in the order in which it was kept; with `superseded`, what was replaced, too."""
    last = 0
    while True:
        with reading() as connection:
            items = store.after(connection, last, superseded=superseded, limit=PAGE)
        if not items:
            return
        yield [row_of(item) for item in items]
        last = items[-1].id


def said_in(
    connection: psycopg.Connection, row: Row, now: datetime, *, annotator: str | None, key_of: KeyOf
) -> tuple[Said, datetime]:
    """Return what a row of a file says, and when it was said (`now` where it does not say).

    Raises `InvalidInput` with a sentence that names the column, `NotFound` for a post that is not
    stored where the row has no text of its own.
    """
    text = _text(row, "text")
    probability = _text(row, "sampling_probability")
    said = Said(
        label=_one_of(row, "user_label", SENTIMENTS) or _missing("user_label"),
        text=text,
        post=_post(connection, row, key_of, needed=text is None),
        emotion=_one_of(row, "emotion", EMOTIONS),
        annotator=_text(row, "annotator") or annotator,
        model=_text(row, "model"),
        prediction=_one_of(row, "model_prediction", SENTIMENTS),
        origin=_one_of(row, "origin", get_args(Origin)) or "import",
        sampling_probability=None if probability is None else _probability(probability),
        adjudicates=(_text(row, "adjudicates") or "").lower() in {"true", "1", "yes"},
    )
    return said, moment_of(_text(row, "created_at"), now)


def _post(connection: psycopg.Connection, row: Row, key_of: KeyOf, *, needed: bool) -> UUID | None:
    name = _text(row, "post_id")
    if name is None:
        return None
    try:
        return UUID(name)
    except ValueError:
        pass
    try:
        return post_named(connection, name, key_of)
    except NotFound:
        if needed:
            raise
        return None


def _text(row: Row, column: str) -> str | None:
    for name in (column, *ALSO_CALLED.get(column, ())):
        value = row.get(name)
        if value is not None and str(value).strip():
            return str(value)
    return None


def _one_of(row: Row, column: str, allowed: Sequence[Any]) -> Any:
    """Return the value of a column, in any case; None where it is empty."""
    value = _text(row, column)
    if value is None:
        return None
    if value.strip().lower() not in allowed:
        _refuse(column, f"The {column} is none of {', '.join(allowed)}.")
    return value.strip().lower()


def _probability(value: str) -> float:
    try:
        probability = float(value)
    except ValueError:
        probability = 0.0
    if not 0 < probability <= 1:
        _refuse("sampling_probability", "The sampling_probability is not above 0 and at most 1.")
    return probability


def _missing(column: str) -> NoReturn:
    _refuse(column, f"The {column} is missing.")


def _refuse(column: str, sentence: str) -> NoReturn:
    raise InvalidInput(sentence, details={"parameter": column})
