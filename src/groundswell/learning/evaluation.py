"""Judging a model on labelled texts: every figure with its interval, and two models against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadData, InvalidInput
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Reading
from groundswell.learning.corpus import Example
from groundswell.models.port import ModelInfo
from groundswell.statistics import calibration, classification, resample
from groundswell.statistics.calibration import ReliabilityBin
from groundswell.statistics.classification import ClassQuality
from groundswell.statistics.resample import Comparison, Estimate

Task = Literal["sentiment", "emotion"]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """How a model did on one set of labelled texts; shares of 1."""

    model: str
    task: Task
    rows: int
    macro_recall: Estimate
    macro_f1: Estimate
    accuracy: Estimate
    #: label to figures
    classes: dict[str, ClassQuality]
    #: rows are the truth, columns what was found; empty where a text may carry several labels
    confusion: list[list[int]]
    #: of the sentiment answered; None for emotions
    calibration_error: Estimate | None
    reliability: list[ReliabilityBin]


@dataclass(frozen=True, kw_only=True, slots=True)
class Duel:
    """Two models on the same texts."""

    first: str
    second: str
    #: of the task's main figure: macro-recall for sentiment, macro-F1 for emotions
    comparison: Comparison
    #: exact McNemar test of "right on a whole text"
    mcnemar_p: float


def task_of(examples: Sequence[Example]) -> Task:
    """Say which task the labels belong to; raises `BadData` when they fit neither."""
    labels = {label for example in examples for label in example.labels}
    if labels and labels <= set(SENTIMENTS):
        return "sentiment"
    if labels and labels <= set(EMOTIONS):
        return "emotion"
    raise BadData(f"Labels must be among {', '.join(SENTIMENTS)}, or among {', '.join(EMOTIONS)}.")


def evaluate(info: ModelInfo, readings: Sequence[Reading], examples: Sequence[Example]) -> Evaluation:
    """Judge a model's readings of the examples, row by row."""
    if task_of(examples) == "sentiment":
        return _evaluate_sentiment(info, readings, examples)
    return _evaluate_emotion(info, readings, examples)


def compare(
    first: tuple[ModelInfo, Sequence[Reading]],
    second: tuple[ModelInfo, Sequence[Reading]],
    examples: Sequence[Example],
) -> Duel:
    """Compare two models' readings of the same examples."""
    one, other = _Answers(*first, examples), _Answers(*second, examples)
    comparison = resample.paired_bootstrap(one.main_figure, other.main_figure, len(examples))
    p = resample.mcnemar(one.right, other.right)
    return Duel(first=first[0].name, second=second[0].name, comparison=comparison, mcnemar_p=p)


class _Answers:
    """Answers of one model as arrays."""

    def __init__(self, info: ModelInfo, readings: Sequence[Reading], examples: Sequence[Example]) -> None:
        self.task = task_of(examples)
        if self.task == "sentiment":
            self.truth, self.found = _sentiments(readings, examples)
            self.right: Bools = self.truth == self.found
        else:
            self.wanted, self.given = _emotions(info, readings, examples)
            self.right = (self.wanted == self.given).all(axis=1)

    def main_figure(self, rows: Ints) -> float:
        if self.task == "sentiment":
            return classification.macro_recall(self.truth[rows], self.found[rows], classes=len(SENTIMENTS))
        return classification.macro_f1(classification.label_quality(self.wanted[rows], self.given[rows]))


def _sentiments(readings: Sequence[Reading], examples: Sequence[Example]) -> tuple[Ints, Ints]:
    places = {str(label): place for place, label in enumerate(SENTIMENTS)}
    truth = np.array([places[example.labels[0]] for example in examples], dtype=np.int64)
    return truth, np.array([places[reading.sentiment] for reading in readings], dtype=np.int64)


def _emotions(
    info: ModelInfo, readings: Sequence[Reading], examples: Sequence[Example]
) -> tuple[Bools, Bools]:
    """Return (labels given by people, labels past the model's thresholds), both of shape (rows, 7)."""
    if not info.has_emotions:
        raise InvalidInput(f"The model {info.name} does not read emotions.")
    wanted = np.array([[emotion in example.labels for emotion in EMOTIONS] for example in examples])
    scores = np.array([reading.emotions for reading in readings])
    thresholds = info.emotion_thresholds or (DEFAULT_THRESHOLD,) * len(EMOTIONS)
    return wanted, scores > np.array(thresholds)


def _evaluate_sentiment(
    info: ModelInfo, readings: Sequence[Reading], examples: Sequence[Example]
) -> Evaluation:
    truth, found = _sentiments(readings, examples)
    right = truth == found
    confidence = np.array([reading.confidence for reading in readings])
    counts = classification.confusion(truth, found, classes=len(SENTIMENTS))
    return Evaluation(
        model=info.name,
        task="sentiment",
        rows=len(examples),
        macro_recall=_estimate(
            lambda rows: classification.macro_recall(truth[rows], found[rows], classes=3), len(right)
        ),
        macro_f1=_estimate(lambda rows: _sentiment_f1(truth[rows], found[rows]), len(right)),
        accuracy=_estimate(lambda rows: float(right[rows].mean()), len(right)),
        classes=dict(zip(SENTIMENTS, classification.class_quality(counts), strict=True)),
        confusion=counts.tolist(),
        calibration_error=_estimate(
            lambda rows: calibration.calibration_error(confidence[rows], right[rows]), len(right)
        ),
        reliability=calibration.reliability(confidence, right),
    )


def _sentiment_f1(truth: Ints, found: Ints) -> float:
    counts = classification.confusion(truth, found, classes=len(SENTIMENTS))
    return classification.macro_f1(classification.class_quality(counts))


def _evaluate_emotion(
    info: ModelInfo, readings: Sequence[Reading], examples: Sequence[Example]
) -> Evaluation:
    wanted, given = _emotions(info, readings, examples)

    def qualities(rows: Ints) -> list[ClassQuality]:
        return classification.label_quality(wanted[rows], given[rows])

    return Evaluation(
        model=info.name,
        task="emotion",
        rows=len(examples),
        macro_recall=_estimate(lambda rows: float(np.mean([q.recall for q in qualities(rows)])), len(wanted)),
        macro_f1=_estimate(lambda rows: classification.macro_f1(qualities(rows)), len(wanted)),
        accuracy=_estimate(lambda rows: float((wanted[rows] == given[rows]).all(axis=1).mean()), len(wanted)),
        classes=dict(zip(EMOTIONS, qualities(np.arange(len(wanted))), strict=True)),
        confusion=[],
        calibration_error=None,
        reliability=[],
    )


def _estimate(figure: Callable[[Ints], float], rows: int) -> Estimate:
    return resample.bootstrap(figure, rows)
