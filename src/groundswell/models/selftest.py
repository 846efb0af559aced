"""What a version must pass before it answers anybody: its labels, golden texts, and the same answer every time."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from groundswell.core.errors import BadArtefact, GroundswellError
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Emotion, Reading, Sentiment
from groundswell.models.classifier import ClassifierModel
from groundswell.models.port import Model

GOLDEN: tuple[tuple[str, Sentiment], ...] = (
    ("I love this, it is wonderful and makes me so happy!", "positive"),
    ("This is terrible, I hate it. The worst I have ever seen.", "negative"),
    ("What a great day, thank you all, amazing work!", "positive"),
    ("I am so disappointed and angry, an awful experience.", "negative"),
)
"""Texts on whose sentiment people do not differ."""

GOLDEN_EMOTIONS: tuple[tuple[str, Emotion], ...] = (
    ("I am so angry and furious about this.", "anger"),
    ("I am so happy, what a joy!", "joy"),
    ("I am so sad and lonely that I cry.", "sadness"),
    ("I am scared and afraid of the dark.", "fear"),
)
"""The same for models that read emotions alone."""

ODD = ("😀", "…", "word " * 2_000, "\u202eab", "日本語のテキスト")
"""Texts that must be answered somehow."""

TOLERANCE = 1e-6


def self_test(manifest: Mapping[str, Any], model: Model, *, labels: Mapping[str, Any] | None = None) -> None:
    """Raise `BadArtefact` in one sentence unless the version may answer.

    `labels` are those of the version whose place it takes: what answers under one key always
    speaks the same labels.
    """
    name = f"{manifest['key']}@{manifest['version']}"
    if problem := _label_problem(manifest["labels"], labels) or _name_problem(manifest, model):
        raise BadArtefact(f"{name} is refused: {problem}.")
    if isinstance(model, ClassifierModel) and model.task == "emotion":
        _test_emotions(name, model)
        return
    texts = [text for text, _ in GOLDEN]
    try:
        readings = model.read([*texts, *ODD])
        alone = [model.read([text])[0] for text in texts]
    except GroundswellError as error:
        raise BadArtefact(f"{name} is refused, it cannot read: {error.message}") from error
    except Exception as error:
        raise BadArtefact(
            f"{name} is refused: it fails to read plain texts ({type(error).__name__})."
        ) from error
    if problem := _reading_problem(readings, alone):
        raise BadArtefact(f"{name} is refused: {problem}.")


def _test_emotions(name: str, model: ClassifierModel) -> None:
    texts = [text for text, _ in GOLDEN_EMOTIONS]
    try:
        found = model.probabilities([*texts, *ODD])
    except GroundswellError as error:
        raise BadArtefact(f"{name} is refused, it cannot read: {error.message}") from error
    except Exception as error:
        raise BadArtefact(
            f"{name} is refused: it fails to read plain texts ({type(error).__name__})."
        ) from error
    if not np.isfinite(found).all() or found.min() < 0 or found.max() > 1:
        raise BadArtefact(f"{name} is refused: its scores are no probabilities.")
    for (text, expected), row in zip(GOLDEN_EMOTIONS, found, strict=False):
        if EMOTIONS[int(row.argmax())] != expected:
            raise BadArtefact(f"{name} is refused: it reads '{text}' as {EMOTIONS[int(row.argmax())]}.")


def _label_problem(labels: Any, expected: Mapping[str, Any] | None) -> str:
    if not isinstance(labels, Mapping):
        return "its labels are not named by task"
    sentiments = list(labels.get("sentiment", []))
    is_emotion_alone = "emotion" in labels and "sentiment" not in labels
    if not is_emotion_alone and sentiments not in (list(SENTIMENTS), ["negative", "positive"]):
        return f"its sentiment labels are {_list(sentiments)}, not {_list(SENTIMENTS)}"
    if "emotion" in labels and list(labels["emotion"]) != list(EMOTIONS):
        return f"its emotion labels are {_list(labels['emotion'])}, not {_list(EMOTIONS)}"
    if expected is not None and dict(expected) != dict(labels):
        return "its labels are not those of the version in production"
    return ""


def _name_problem(manifest: Mapping[str, Any], model: Model) -> str:
    if (model.info.key, model.info.version) != (manifest["key"], manifest["version"]):
        return f"it answers as {model.info.name}"
    return ""


def _reading_problem(readings: Sequence[Reading], alone: Sequence[Reading]) -> str:
    if len(readings) != len(GOLDEN) + len(ODD):
        return "it does not answer every text"
    for reading in readings:
        if not all(math.isfinite(score) for score in reading.scores) or abs(sum(reading.scores) - 1) > 1e-3:
            return "its scores are no probabilities"
    for (text, expected), reading, single in zip(GOLDEN, readings, alone, strict=False):
        if reading.sentiment != expected:
            return f"it reads '{text}' as {reading.sentiment}"
        if max(abs(a - b) for a, b in zip(reading.scores, single.scores, strict=True)) > TOLERANCE:
            return "its answer to a text depends on the other texts of the batch"
    return ""


def _list(labels: Sequence[Any]) -> str:
    return ", ".join(str(label) for label in labels) or "none"
