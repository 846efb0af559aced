"""A head learns what it is told and forgets nothing else; near-duplicates are never on both sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.corrections import ILL

from groundswell.core.clock import SystemClock
from groundswell.core.mood import EMOTIONS
from groundswell.learning.candidate import FITTED, fitted_on
from groundswell.learning.contest import folds, labels, lesson_of
from groundswell.learning.corpus import Example
from groundswell.learning.offline import _items
from groundswell.learning.rehearsal import Memory, remembered
from groundswell.learning.retrain import HeadPlan, retrained
from groundswell.models.artefact import SHIPPED, open_artefact, shipped_versions
from groundswell.models.load import load
from groundswell.models.transformer import TransformerModel


@pytest.fixture(scope="module")
def model() -> TransformerModel:
    found = load("minilm")
    assert isinstance(found, TransformerModel)
    return found


@pytest.fixture(scope="module")
def memory() -> Memory:
    return remembered(open_artefact(SHIPPED / "minilm" / shipped_versions()["minilm"][-1]))


def test_a_lesson_is_learned_and_old_answers_stay(model: TransformerModel, memory: Memory) -> None:
    lesson = lesson_of(model, [(text, 0, None) for text in ILL])
    heads = retrained(model.heads, memory, lesson, HeadPlan())
    assert (labels(heads, lesson.stored) == 0).all()
    old = memory.rehearsal_sentiment.stored
    assert (labels(heads, old) == labels(model.heads, old)).mean() > 0.95
    assert heads.emotion is model.heads.emotion


def test_the_same_lesson_makes_the_same_head(model: TransformerModel, memory: Memory) -> None:
    lesson = lesson_of(model, [(text, 0, None) for text in ILL[:3]])
    first, second = (retrained(model.heads, memory, lesson, HeadPlan()) for _ in range(2))
    assert first.sentiment.weight.tobytes() == second.sentiment.weight.tobytes()


def test_an_emotion_that_a_person_names_is_the_largest_afterwards(
    model: TransformerModel, memory: Memory
) -> None:
    fear = EMOTIONS.index("fear")
    lesson = lesson_of(model, [(text, 0, fear) for text in ILL])
    heads = retrained(model.heads, memory, lesson, replace(HeadPlan(), weight=20.0))
    scores = heads.emotion_scores(lesson.stored)
    assert scores is not None and (scores.argmax(axis=1) == fear).all()


def test_without_feedback_nothing_changes(model: TransformerModel, memory: Memory) -> None:
    assert retrained(model.heads, memory, lesson_of(model, []), HeadPlan()) == model.heads


def test_near_duplicates_share_a_fold_and_folds_never_change() -> None:
    texts = [*ILL, *(f"{text} !!" for text in ILL)]
    items = _items(
        [Example(text=text, original=text, labels=("negative",)) for text in texts], SystemClock().now()
    )
    found = folds(items)
    assert (found[: len(ILL)] == found[len(ILL) :]).all()
    assert (folds(items[::-1])[::-1] == found).all()
    assert len(np.unique(found)) > 1


def test_a_version_made_without_feedback_was_fitted_on_none_of_it() -> None:
    artefact = open_artefact(SHIPPED / "minilm" / shipped_versions()["minilm"][-1])
    assert FITTED not in artefact.manifest["files"] and fitted_on(artefact) == frozenset()
