"""Judging readings: the figures of scikit-learn, with intervals, and a duel of two models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from groundswell.core.errors import BadData, InvalidInput
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Reading
from groundswell.learning.corpus import Example
from groundswell.learning.evaluation import compare, evaluate, task_of
from groundswell.learning.judge import judge
from groundswell.models.port import ModelInfo

PLAIN = ModelInfo(key="m", version="1", description="", labels=SENTIMENTS, has_emotions=False)
FEELING = ModelInfo(
    key="f", version="1", description="", labels=SENTIMENTS, has_emotions=True, emotion_thresholds=(0.4,) * 7
)


def _sentiments(seed: int, skill: float, rows: int = 400) -> tuple[list[Example], list[Reading]]:
    truth = np.random.default_rng(99).integers(0, 3, rows)
    random = np.random.default_rng(seed)
    scores = random.dirichlet([1, 1, 1], rows) + skill * np.eye(3)[truth]
    scores /= scores.sum(axis=1, keepdims=True)
    examples = [Example(text=str(i), labels=(SENTIMENTS[label],)) for i, label in enumerate(truth)]
    return examples, [Reading(scores=(a, b, c), model_used="m@1") for a, b, c in scores.tolist()]


def test_sentiment_figures_are_those_of_scikit_learn() -> None:
    examples, readings = _sentiments(1, 0.3)
    result = evaluate(PLAIN, readings, examples)
    truth, found = [example.labels[0] for example in examples], [reading.sentiment for reading in readings]
    assert result.macro_recall.value == pytest.approx(metrics.balanced_accuracy_score(truth, found))
    assert result.macro_f1.value == pytest.approx(metrics.f1_score(truth, found, average="macro"))
    assert result.accuracy.value == pytest.approx(metrics.accuracy_score(truth, found))
    assert result.confusion == metrics.confusion_matrix(truth, found, labels=SENTIMENTS).tolist()
    assert result.macro_recall.low < result.macro_recall.value < result.macro_recall.high
    assert result.calibration_error is not None and len(result.reliability) == 15


def test_emotion_figures_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(2)
    wanted, scores = random.random((300, 7)) < 0.25, random.random((300, 7))
    wanted[:, 4] |= ~wanted.any(axis=1)
    examples = [
        Example(text=str(i), labels=tuple(e for e, on in zip(EMOTIONS, row, strict=True) if on))
        for i, row in enumerate(wanted)
    ]
    readings = [Reading(scores=(1, 0, 0), emotions=tuple(row), model_used="f@1") for row in scores.tolist()]
    result = evaluate(FEELING, readings, examples)
    assert result.task == "emotion" and result.calibration_error is None
    assert result.macro_f1.value == pytest.approx(metrics.f1_score(wanted, scores > 0.4, average="macro"))


def test_a_model_without_emotions_is_not_judged_on_them() -> None:
    with pytest.raises(InvalidInput, match="does not read emotions"):
        evaluate(PLAIN, [Reading(scores=(1, 0, 0), model_used="m@1")], [Example(text="a", labels=("joy",))])


def test_the_better_of_two_is_found() -> None:
    examples, better = _sentiments(3, 0.6)
    _, worse = _sentiments(4, 0.1)
    duel = compare((PLAIN, better), (PLAIN, worse), examples)
    assert duel.comparison.difference.low > 0 and duel.comparison.not_better < 0.01 and duel.mcnemar_p < 0.01


@pytest.mark.parametrize("labels", [("happy",), ()])
def test_unknown_labels_are_named(labels: tuple[str, ...]) -> None:
    with pytest.raises(BadData, match="negative, neutral, positive"):
        task_of([Example(text="a", labels=labels)])


def test_a_file_is_judged_by_two_models(tmp_path: Path) -> None:
    data = tmp_path / "d.tsv"
    data.write_text(
        "text\tlabel\n" + "I love it\tpositive\nI hate it\tnegative\nThe bus is red\tneutral\n" * 5
    )
    verdict = judge(["tfidf", "null"], data)
    assert verdict.duel is not None and verdict.duel.comparison.difference.value > 0.3
    assert json.loads(verdict.as_json())["evaluations"][0]["model"] == "tfidf@1"
