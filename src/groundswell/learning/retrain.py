"""Heads learn from feedback in seconds: they start at the shipped heads, are pulled towards them, and rehearse.

The encoder stays as it is, so vectors made before remain good. On rehearsal rows the targets are what the shipped head
answers there (Li and Hoiem 2016, "Learning without forgetting"): where feedback says nothing, nothing changes.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.rehearsal import Labelled, Memory, some_rows, unrolled
from groundswell.models.heads import Head, Heads, Stored
from groundswell.statistics.calibration import sigmoid, softmax
from groundswell.statistics.logistic import Floats, Linear, Link, Material, fit

NOT_SAID = -1
"""Place of an emotion that a person did not name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadPlan:
    """What decides a retraining, apart from its data."""

    #: One item of feedback counts as so many rehearsal rows …
    weight: float = 6.0
    #: … but all of them together as no more than so many times all rehearsal rows.
    most: float = 1.0
    #: Strength of the pull towards the shipped head, as a share of the mean squared length of a vector.
    pull: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Feedback as a head sees it."""

    stored: Stored
    #: place in `SENTIMENTS`; shape (rows,)
    sentiment: NDArray[np.int64]
    #: place in `EMOTIONS`, or `NOT_SAID`; shape (rows,)
    emotion: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.stored)

    def rows(self, chosen: NDArray[np.bool_]) -> "Lesson":
        """Return some of it."""
        return Lesson(
            stored=some_rows(self.stored, chosen),
            sentiment=self.sentiment[chosen],
            emotion=self.emotion[chosen],
        )


def retrained(heads: Heads, memory: Memory, lesson: Lesson, plan: HeadPlan) -> Heads:
    """Return the heads after the lesson; a head about which it says nothing is the same as before."""
    sentiment, emotion = heads.sentiment, heads.emotion
    if len(lesson):
        wanted = np.eye(len(SENTIMENTS))[lesson.sentiment]
        sentiment = _learn(
            sentiment, memory.rehearsal_sentiment, (unrolled(lesson.stored), wanted), "one", plan
        )
    named = lesson.emotion != NOT_SAID
    if emotion is not None and named.any():
        vectors = unrolled(some_rows(lesson.stored, named))
        wanted = _emotion_targets(emotion, vectors, lesson.emotion[named])
        emotion = _learn(emotion, memory.rehearsal_emotion, (vectors, wanted), "any", plan)
    return replace(heads, sentiment=sentiment, emotion=emotion)


def _emotion_targets(head: Head, vectors: Floats, named: NDArray[np.int64]) -> Floats:
    """Return 1 for the emotion a person named; of the others, as little as they had and less than even."""
    answers: Floats = np.minimum(sigmoid(vectors @ head.weight + head.bias), 0.5 / len(EMOTIONS))
    answers[np.arange(len(named)), named] = 1.0
    return answers


def _learn(
    head: Head, rehearsal: Labelled, lesson: tuple[Floats, Floats], link: Link, plan: HeadPlan
) -> Head:
    vectors, wanted = lesson
    old = unrolled(rehearsal.stored)
    start = Linear(weight=head.weight.astype(np.float64), bias=head.bias.astype(np.float64))
    answers = (softmax if link == "one" else sigmoid)(old @ start.weight + start.bias)
    weight = min(plan.weight, plan.most * len(old) / len(vectors)) if len(old) else plan.weight
    found = fit(
        Material(
            vectors=np.concatenate([old, vectors]),
            targets=np.concatenate([answers, wanted]),
            weights=np.concatenate([np.ones(len(old)), np.full(len(vectors), weight)]),
        ),
        start,
        link=link,
        pull=plan.pull * float((vectors**2).sum(axis=1).mean()),
    )
    return replace(head, weight=found.weight.astype(np.float32), bias=found.bias.astype(np.float32))
