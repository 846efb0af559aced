"""The columns that scoring adds to a row, and what a reading puts into them."""

from collections.abc import Mapping

from groundswell.core.mood import EMOTIONS, SENTIMENTS, Reading
from groundswell.files.columns import Column
from groundswell.models.port import ModelInfo

THRESHOLD = 0.5
"""From which probability on an emotion is named, for a model that declares no thresholds of its own."""

_DIGITS = 6

ADDED = (
    Column(name="sentiment", type="text"),
    Column(name="confidence", type="number"),
    *(Column(name=name, type="number") for name in SENTIMENTS),
    Column(name="emotion", type="text"),
    Column(name="emotions", type="text"),
    *(Column(name=f"emotion_{name}", type="number") for name in EMOTIONS),
    Column(name="model_used", type="text"),
)
"""In the order in which they are written."""

UNREAD: Mapping[str, object] = {column.name: None for column in ADDED}
"""What a row without a readable text gets."""


def columns_of(reading: Reading, info: ModelInfo) -> dict[str, object]:
    """Return the values of `ADDED` for one reading; `emotions` joins those past their thresholds by commas."""
    probabilities = reading.emotions or (None,) * len(EMOTIONS)
    thresholds = info.emotion_thresholds or (THRESHOLD,) * len(EMOTIONS)
    named = [
        e for e, p, t in zip(EMOTIONS, probabilities, thresholds, strict=True) if p is not None and p >= t
    ]
    return {
        "sentiment": reading.sentiment,
        "confidence": round(reading.confidence, _DIGITS),
        **{name: round(score, _DIGITS) for name, score in zip(SENTIMENTS, reading.scores, strict=True)},
        "emotion": reading.emotion,
        "emotions": ",".join(named) if reading.emotions else None,
        **{f"emotion_{e}": _rounded(p) for e, p in zip(EMOTIONS, probabilities, strict=True)},
        "model_used": reading.model_used,
    }


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, _DIGITS)
