"""Heads: small matrices that turn a pooled text vector, as it is stored, into calibrated scores.

A head never sees the vector itself but its stored form, int8 and a scale, so that a reading made today and one made
again next year from the stored vector are the same to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadArtefact
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Reading, Vector
from groundswell.statistics.calibration import sigmoid, softmax

Floats = NDArray[np.float64]

_SMALLEST_SCALE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Vectors in their stored form."""

    #: shape (texts, width), -127 … 127
    values: NDArray[np.int8]
    #: shape (texts,); `values * scale` is the vector
    scales: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scales)

    def vectors(self, encoder: str) -> list[Vector]:
        """Return one `Vector` a text; `encoder` is the SHA-256 of the encoder that made them."""
        return [
            Vector(encoder=encoder, values=row.tobytes(), scale=float(scale))
            for row, scale in zip(self.values, self.scales, strict=True)
        ]


def to_stored(pooled: NDArray[np.float32]) -> Stored:
    """Round each row to int8 with a scale of its own: its largest value becomes 127."""
    scales = (np.abs(pooled).max(axis=1, initial=0.0) / 127.0).astype(np.float32)
    scales = np.maximum(scales, np.float32(_SMALLEST_SCALE))
    return Stored(values=np.rint(pooled / scales[:, None]).astype(np.int8), scales=scales)


def from_vectors(vectors: Sequence[Vector]) -> Stored:
    """Return the stored form of vectors that come back from the store."""
    width = len(vectors[0].values) if vectors else 0
    joined = b"".join(vector.values for vector in vectors)
    return Stored(
        values=np.frombuffer(joined, dtype=np.int8).reshape(len(vectors), width),
        scales=np.array([vector.scale for vector in vectors], dtype=np.float32),
    )


@dataclass(frozen=True, kw_only=True)
class Head:
    """One linear head; its logits are divided by the temperature that was fitted on held-out rows."""

    #: shape (width, labels)
    weight: NDArray[np.float32]
    #: shape (labels,)
    bias: NDArray[np.float32]
    temperature: float = 1.0

    def logits(self, stored: Stored) -> Floats:
        """Return calibrated logits, shape (texts, labels).

        The product is over small whole numbers in float64, where the order of the sum cannot show in the result's
        first twelve digits: a batch answers as a single text does.
        """
        products = stored.values.astype(np.float64) @ self.weight.astype(np.float64)
        return (products * stored.scales[:, None].astype(np.float64) + self.bias) / self.temperature


@dataclass(frozen=True, kw_only=True)
class Heads:
    """The heads of one model version."""

    sentiment: Head
    emotion: Head | None
    #: `key@version`
    name: str

    def read(self, stored: Stored, vectors: Sequence[Vector] | None = None) -> list[Reading]:
        """Return one reading a row; `vectors` are put into the readings when given."""
        sentiments = self.sentiment_scores(stored)
        emotions = self.emotion_scores(stored)
        return [
            Reading(
                scores=(float(scores[0]), float(scores[1]), float(scores[2])),
                emotions=None if emotions is None else tuple(emotions[i].tolist()),
                model_used=self.name,
                vector=vectors[i] if vectors is not None else None,
            )
            for i, scores in enumerate(sentiments)
        ]

    def sentiment_scores(self, stored: Stored) -> Floats:
        """Return probabilities in the order of `SENTIMENTS`, shape (texts, 3)."""
        return softmax(self.sentiment.logits(stored))

    def emotion_scores(self, stored: Stored) -> Floats | None:
        """Return independent probabilities in the order of `EMOTIONS`, shape (texts, 7), if there is such a head."""
        return None if self.emotion is None else sigmoid(self.emotion.logits(stored))


def load_heads(path: Path, *, name: str, temperatures: Mapping[str, float]) -> Heads:
    """Read `sentiment.weight`, `sentiment.bias` and, where present, `emotion.*`; raises `BadArtefact` on bad shapes."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    sentiment = _head(tensors, "sentiment", len(SENTIMENTS), temperatures.get("sentiment", 1.0))
    has_emotion = "emotion.weight" in tensors
    emotion = (
        _head(tensors, "emotion", len(EMOTIONS), temperatures.get("emotion", 1.0)) if has_emotion else None
    )
    return Heads(sentiment=sentiment, emotion=emotion, name=name)


def _head(tensors: Mapping[str, NDArray[np.float32]], name: str, labels: int, temperature: float) -> Head:
    weight, bias = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
    if (
        weight is None
        or bias is None
        or weight.ndim != 2
        or weight.shape[1] != labels
        or bias.shape != (labels,)
    ):
        raise BadArtefact(
            f"The head '{name}' must have a weight of shape (width, {labels}) and a bias of {labels}."
        )
    return Head(weight=weight.astype(np.float32), bias=bias.astype(np.float32), temperature=temperature)
