"""Label queues in the store: which posts were drawn, who has which, and what people say of the same text."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from groundswell.store.statements import load

SQL = load("groundswell.store", "labels")

Queue = Literal["random", "uncertainty", "disagreement"]
"""`random`: a uniform sample; `uncertainty`: where the model hesitates; `disagreement`: where two versions differ."""

NEWEST = 10_000
"""Among so many of the newest posts uncertainty and disagreement are looked for."""

_NUMBER = 0x67_73_6C_61_62_65_6C
""""gslabel": the database may be shared with other users of advisory locks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which posts are to be labelled; draws for the same question never take a post twice."""

    queue: Queue
    #: a topic's number
    topic: int | None = None
    #: of ingestion, included
    start: datetime | None = None
    #: of ingestion, excluded
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A post that someone is to label: nothing of what a model or anybody else says of it."""

    id: int
    queue: Queue
    post: UUID
    source: str
    content: str
    lang: str | None
    created_at: datetime
    #: probability with which it was drawn; None outside of `random`
    sampling_probability: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A task that an annotator was handed."""

    id: int
    queue: Queue
    post: UUID
    sampling_probability: float | None


def alone(connection: psycopg.Connection) -> None:
    """Be the only one who draws and hands out, until the transaction ends."""
    connection.execute(SQL["alone"], {"number": _NUMBER})


def task_for(connection: psycopg.Connection, question: Question, annotator: str, at: datetime) -> Task | None:
    """Return the task that the annotator has in hand, else the first that wants one more; None if none does."""
    values = asdict(question) | {"annotator": annotator, "at": at}
    with connection.cursor(row_factory=class_row(Task)) as cursor:
        held = cursor.execute(SQL["held"], values).fetchone()
        return held or cursor.execute(SQL["open"], values).fetchone()


def hand_out(connection: psycopg.Connection, task: int, annotator: str, until: datetime) -> None:
    """Give an annotator a task until then."""
    connection.execute(SQL["hand_out"], {"task": task, "annotator": annotator, "until": until})


def turn(connection: psycopg.Connection, task: int, annotator: str) -> Turn | None:
    """Return a task that was handed to the annotator, however long ago, and hold it; None if it was not."""
    with connection.cursor(row_factory=class_row(Turn)) as cursor:
        return cursor.execute(SQL["turn"], {"task": task, "annotator": annotator}).fetchone()


def end_turn(connection: psycopg.Connection, task: int, annotator: str) -> None:
    """Say that the annotator has answered the task, or passed it over."""
    connection.execute(SQL["end_turn"], {"task": task, "annotator": annotator})
    connection.execute(SQL["finish"], {"task": task})


# Draws


def population(connection: psycopg.Connection, question: Question) -> int:
    """Return how many posts can be drawn for the question."""
    (number,) = connection.execute(_statement("population", question), asdict(question)).fetchone() or (0,)
    return int(number)


def chosen(connection: psycopg.Connection, question: Question, place: UUID, most: int) -> list[UUID]:
    """Return the posts to be drawn next, the first to be labelled first; `place` is any place for `random`."""
    values = asdict(question) | {"place": place, "most": most, "newest": NEWEST}
    found = connection.execute(_statement(_CHOICE[question.queue], question), values).fetchall()
    return [key for (key,) in found[:most]]


_CHOICE: dict[Queue, str] = {
    "random": "draw_random",
    "uncertainty": "draw_uncertainty",
    "disagreement": "draw_disagreement",
}


def _statement(name: str, question: Question) -> LiteralString:
    wheres: list[LiteralString] = [SQL["where_not_drawn"]]
    for value, where in (
        (question.topic, "where_topic"),
        (question.start, "where_start"),
        (question.end, "where_end"),
    ):
        if value is not None:
            wheres.append(SQL[where])
    return SQL[name].format(passes="\nAND ".join(wheres))


def draw(
    connection: psycopg.Connection,
    question: Question,
    tasks: Sequence[tuple[UUID, int]],
    population: int,
    at: datetime,
) -> None:
    """Have posts labelled, in this order, each by so many people; they were drawn out of so many."""
    values = asdict(question) | {"population": population, "drawn": len(tasks), "at": at}
    (number,) = connection.execute(SQL["note_draw"], values).fetchone() or (0,)
    is_sample = question.queue == "random" and tasks
    rows = {
        "draw": number,
        "probability": len(tasks) / population if is_sample else None,
        "posts": [post for post, _ in tasks],
        "coders": [coders for _, coders in tasks],
    }
    connection.execute(SQL["add_tasks"], rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """Posts that were chosen together."""

    id: int
    queue: Queue
    topic: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    #: posts that could have been drawn
    population: int
    drawn: int
    drawn_at: datetime
    #: of them labelled by as many people as they should be
    done: int


def draws(connection: psycopg.Connection, limit: int) -> list[Draw]:
    """Return the draws, the newest first."""
    with connection.cursor(row_factory=class_row(Draw)) as cursor:
        return cursor.execute(SQL["draws"], {"limit": limit}).fetchall()


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleDrawn:
    """A draw of the queue `random`."""

    id: int
    #: posts that could have been drawn
    population: int
    drawn: int
    drawn_at: datetime
    #: of them labelled by somebody
    labelled: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """A post of such a draw, and what holds of it."""

    draw: int
    ingested_at: datetime
    #: one a person; the adjudication alone where there is one
    labels: Sequence[int]


def samples(connection: psycopg.Connection, question: Question) -> list[SampleDrawn]:
    """Return the uniform samples that were drawn for a question, the first one first."""
    with connection.cursor(row_factory=class_row(SampleDrawn)) as cursor:
        return cursor.execute(SQL["samples"], asdict(question)).fetchall()


def sampled(connection: psycopg.Connection, question: Question) -> list[Sampled]:
    """Return their labelled posts that are stored still."""
    with connection.cursor(row_factory=class_row(Sampled)) as cursor:
        return cursor.execute(SQL["sampled"], asdict(question)).fetchall()


# What people say of the same text


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """The last word of one annotator on one text."""

    text_hash: bytes
    annotator: str
    label: int
    emotion: int | None


def said(
    connection: psycopg.Connection,
    *,
    origin: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Word]:
    """Return what annotators say of texts that two of them or more labelled, text by text."""
    values = {"origin": origin, "start": start, "end": end}
    with connection.cursor(row_factory=class_row(Word)) as cursor:
        return cursor.execute(SQL["said"], values).fetchall()


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """A text of which annotators say different things, and nobody has decided."""

    #: the newest item about it
    id: int
    content: str
    annotators: Sequence[str]
    labels: Sequence[int]
    emotions: Sequence[int | None]


def disputed(connection: psycopg.Connection, limit: int) -> list[Dispute]:
    """Return the disputed texts, the oldest first."""
    with connection.cursor(row_factory=class_row(Dispute)) as cursor:
        return cursor.execute(SQL["disputed"], {"limit": limit}).fetchall()


def count_disputed(connection: psycopg.Connection) -> int:
    """Return how many disputed texts there are."""
    (number,) = connection.execute(SQL["count_disputed"]).fetchone() or (0,)
    return int(number)
