"""Labelling: posts are drawn, handed out blind, labelled by one or two people, and disagreements are settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import psycopg

from groundswell.core.errors import Conflict
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Emotion, Sentiment
from groundswell.learning.feedback import KeptItem, Said, keep
from groundswell.store import feedback
from groundswell.store import labels as store
from groundswell.store.labels import Dispute, Question, Task

DRAWN_AT_ONCE = 50
TURN = timedelta(minutes=15)
"""So long a task is one person's own; then it is handed to the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an annotator says of a post."""

    label: Sentiment
    emotion: Emotion | None = None
    annotator: str


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """How posts are handed out."""

    #: share of the tasks that two people label, neither seeing what the other says
    double_coding: float = 0.1
    #: draws posts, and decides which are labelled twice
    random: Random
    drawn_at_once: int = DRAWN_AT_ONCE

    def next(
        self, connection: psycopg.Connection, question: Question, annotator: str, at: datetime
    ) -> Task | None:
        """Hand the annotator a post; None when there is none that he has not had.

        What he has in hand he gets again. Where all that was drawn is labelled or in other hands,
        more is drawn.
        """
        store.alone(connection)
        task = store.task_for(connection, question, annotator, at)
        if task is None and self._draw(connection, question, at):
            task = store.task_for(connection, question, annotator, at)
        if task is not None:
            store.hand_out(connection, task.id, annotator, at + TURN)
        return task

    def _draw(self, connection: psycopg.Connection, question: Question, at: datetime) -> bool:
        place = UUID(int=self.random.getrandbits(128))
        posts = store.chosen(connection, question, place, self.drawn_at_once)
        if not posts:
            return False
        tasks = [(post, 2 if self.random.random() < self.double_coding else 1) for post in posts]
        store.draw(connection, question, tasks, store.population(connection, question), at)
        return True


def answer(connection: psycopg.Connection, task: int, verdict: Verdict, at: datetime) -> KeptItem:
    """Keep what an annotator says of the post of a task he was handed; again, it replaces what he said.

    Raises `Conflict` when he was not handed it, `NotFound` when the post is gone.
    """
    turn = store.turn(connection, task, verdict.annotator)
    if turn is None:
        raise _not_handed(task, verdict.annotator)
    said = Said(
        label=verdict.label,
        emotion=verdict.emotion,
        annotator=verdict.annotator,
        post=turn.post,
        origin=turn.queue,
        sampling_probability=turn.sampling_probability,
        task=task,
    )
    item = keep(connection, said, at)
    store.end_turn(connection, task, verdict.annotator)
    return item


def pass_over(connection: psycopg.Connection, task: int, annotator: str) -> None:
    """Hand a task back without a label: others may get it. Raises `Conflict` when he was not handed it."""
    if store.turn(connection, task, annotator) is None:
        raise _not_handed(task, annotator)
    store.end_turn(connection, task, annotator)


def _not_handed(task: int, annotator: str) -> Conflict:
    return Conflict(f"Task {task} was not handed to {annotator!r}; ask for the next one first.")


def adjudicate(connection: psycopg.Connection, item: int, verdict: Verdict, at: datetime) -> KeptItem:
    """Settle what a text is, for good, by any item about it; raises `NotFound`.

    What annotators said of it stays for agreement, but only this holds.
    """
    about = feedback.get(connection, item)
    said = Said(
        label=verdict.label,
        emotion=verdict.emotion,
        annotator=verdict.annotator,
        text=about.content,
        post=about.post,
        model=about.model,
        prediction=None if about.prediction is None else SENTIMENTS[about.prediction],
        origin=about.origin,
        sampling_probability=about.sampling_probability,
        adjudicates=True,
    )
    return keep(connection, said, at)


def opinions(dispute: Dispute) -> list[Mapping[str, str | None]]:
    """Return who says what of a disputed text."""
    return [
        {
            "annotator": annotator,
            "user_label": SENTIMENTS[label],
            "emotion": None if emotion is None else EMOTIONS[emotion],
        }
        for annotator, label, emotion in zip(
            dispute.annotators, dispute.labels, dispute.emotions, strict=True
        )
    ]
