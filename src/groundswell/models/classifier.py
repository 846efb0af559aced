"""A classifier of the hub behind the port: its ONNX export on ONNX Runtime, its labels as ours.

Each text goes through alone: 8-bit exports scale their numbers over the whole batch, so that a text's answer would
depend on its neighbours; and on a CPU a base-size model gains little from batches.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadArtefact, InvalidInput
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Reading
from groundswell.core.text import NormalText
from groundswell.models.artefact import Artefact
from groundswell.models.engine import open_session
from groundswell.models.occlusion import attributions, occlusions
from groundswell.models.onnx_scan import refuse_external_data
from groundswell.models.port import ModelInfo
from groundswell.statistics.calibration import sigmoid, softmax

MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
INPUTS = {"input_ids", "attention_mask", "token_type_ids"}

Floats = NDArray[np.float64]


def plain(text: str) -> str:
    """Return the text as it stands, without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def tweets(text: str) -> str:
    """Return the text with accounts as `@user` and links as `http`, as in TweetEval (Barbieri et al. 2020)."""
    words = plain(text).split(" ")
    words = ["@user" if word.startswith("@") and len(word) > 1 else word for word in words]
    return " ".join("http" if word.startswith("http") else word for word in words)


PREPROCESS: dict[str, Callable[[str], str]] = {"plain": plain, "tweets": tweets}


class ClassifierModel:
    """One task, sentiment or emotion; safe to call from several threads."""

    def __init__(self, artefact: Artefact, *, threads: int = 1) -> None:
        from tokenizers import Tokenizer

        options = artefact.manifest["options"]
        self.info = _info(artefact)
        self.task: str = str(options["task"])
        self._outputs = _matrix(options["outputs"], self.task)
        self._activation = softmax if options["activation"] == "softmax" else sigmoid
        self._preprocess = PREPROCESS[options["preprocess"]]
        refuse_external_data(artefact.path(MODEL))
        self._session = open_session(artefact.path(MODEL), threads=threads)
        self._inputs = {one.name for one in self._session.get_inputs()}
        if not {"input_ids"} <= self._inputs <= INPUTS:
            raise BadArtefact(f"{self.info.name} is no text classifier: it wants {sorted(self._inputs)}.")
        self._tokenizer: Any = Tokenizer.from_file(str(artefact.path(TOKENIZER)))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(options["max_tokens"]))

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, in order; raises `InvalidInput` for a model of emotions alone."""
        self._must_read_sentiment()
        rows = self.probabilities(texts).tolist()
        return [Reading(scores=(row[0], row[1], row[2]), model_used=self.info.name) for row in rows]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return its task's probabilities in our order, shape (texts, labels)."""
        found = [self._alone(text) for text in texts]
        return np.stack(found) if found else np.empty((0, self._outputs.shape[1]))

    def _alone(self, text: str) -> Floats:
        ids = np.array([self._tokenizer.encode(self._preprocess(text)).ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        outputs = self._session.run(None, {name: feeds[name] for name in self._inputs})
        logits = np.asarray(outputs[0], dtype=np.float64)
        if logits.shape != (1, len(self._outputs)):
            raise BadArtefact(f"{self.info.name} answers {logits.shape}, not {len(self._outputs)} labels.")
        result: Floats = (self._activation(logits) @ self._outputs)[0]
        if self.task == "sentiment":
            result = result / result.sum()
        return np.clip(result, 0.0, 1.0)

    def explain(self, text: str) -> list[Attribution]:
        """Weigh each word by how the answer's log-odds fall when it is left out."""
        self._must_read_sentiment()
        spans, variants = occlusions(text)
        if not spans:
            return []
        whole = NormalText(text=text, starts=(0,), spans=((0, len(text)),), copied=(True,))
        return attributions(text, whole, spans, self.probabilities([text, *variants]))

    def _must_read_sentiment(self) -> None:
        if self.task != "sentiment":
            raise InvalidInput(
                f"{self.info.key} reads emotions only; ask for SENTIMENT+{self.info.key}, "
                f"as in twitter-roberta+{self.info.key}."
            )


class PairedModel:
    """A sentiment model and an emotion model that answer together."""

    def __init__(self, sentiment: Any, emotion: ClassifierModel) -> None:
        if emotion.task != "emotion":
            raise InvalidInput(f"{emotion.info.key} reads no emotions; name an emotion model after the '+'.")
        self._sentiment, self._emotion = sentiment, emotion
        first, second = sentiment.info, emotion.info
        self.info = ModelInfo(
            key=f"{first.key}+{second.key}",
            version=f"{first.version}+{second.version}",
            description=f"Sentiment: {first.description} Emotions: {second.description}",
            labels=first.labels,
            has_emotions=True,
            languages=tuple(tag for tag in first.languages if tag in second.languages),
            emotion_thresholds=second.emotion_thresholds,
        )

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text: the scores of the one, the emotions of the other."""
        emotions = self._emotion.probabilities(texts).tolist()
        return [
            Reading(scores=reading.scores, emotions=tuple(row), model_used=self.info.name)
            for reading, row in zip(self._sentiment.read(texts), emotions, strict=True)
        ]

    def explain(self, text: str) -> list[Attribution]:
        """Explain the sentiment."""
        found: list[Attribution] = self._sentiment.explain(text)
        return found


def _matrix(outputs: Sequence[str], task: str) -> Floats:
    """Return what each of its outputs adds to each of our labels, shape (its labels, ours)."""
    ours: tuple[str, ...] = SENTIMENTS if task == "sentiment" else EMOTIONS
    matrix = np.zeros((len(outputs), len(ours)))
    for place, label in enumerate(outputs):
        if label not in ours:
            raise BadArtefact(f"'{label}' is no {task}.")
        matrix[place, ours.index(label)] = 1.0
    return matrix


def _info(artefact: Artefact) -> ModelInfo:
    manifest = artefact.manifest
    sentiments = tuple(label for label in SENTIMENTS if label in manifest["labels"].get("sentiment", ()))
    return ModelInfo(
        key=artefact.key,
        version=artefact.version,
        description=str(manifest.get("description", "A classifier of the hub.")),
        labels=sentiments,
        has_emotions=False,  # a sentiment model alone; of a pair see PairedModel
        languages=tuple(manifest.get("languages", ("en",))),
        emotion_thresholds=(0.5,) * len(EMOTIONS) if "emotion" in manifest["labels"] else (),
    )


def outputs_of(config: str, labels: dict[str, str]) -> list[str]:
    """Return our label for each of a model's outputs, by its `config.json` and the catalogue's mapping.

    Raises `BadArtefact` when one of its labels has no place in the catalogue.
    """
    try:
        named = {int(place): str(label) for place, label in json.loads(config)["id2label"].items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        raise BadArtefact("The model's config.json does not name its labels.") from None
    unknown = sorted(set(named.values()) - labels.keys())
    if unknown or sorted(named) != list(range(len(named))):
        raise BadArtefact(
            f"The catalogue does not say what the model's labels mean: {', '.join(unknown)[:200]}."
        )
    return [labels[named[place]] for place in range(len(named))]
