"""The words for mood: labels, scores, and one model's reading of one text."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Sentiment = Literal["negative", "neutral", "positive"]
Emotion = Literal["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]

SENTIMENTS: tuple[Sentiment, ...] = get_args(Sentiment)
EMOTIONS: tuple[Emotion, ...] = get_args(Emotion)
"""Ekman's six and neutral, as grouped by GoEmotions (Demszky et al. 2020)."""

SCORE_UNIT = 10_000
"""Scores are stored as integers of one ten-thousandth, so that sums are exact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector:
    """A pooled text vector as it is stored: `values * scale` is the vector."""

    #: SHA-256 of the encoder that made it, hex
    encoder: str
    #: one signed byte per dimension
    values: bytes
    scale: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What one version of one model reads in one text."""

    #: calibrated probabilities in the order of `SENTIMENTS`, summing to 1
    scores: tuple[float, float, float]
    #: independent probabilities in the order of `EMOTIONS`; None for a model without emotions
    emotions: tuple[float, ...] | None = None
    #: the version that made it, as `key@version`
    model_used: str
    #: whether a fallback answered because the primary model could not
    fallback_used: bool = False
    vector: Vector | None = field(default=None, repr=False)

    @property
    def sentiment(self) -> Sentiment:
        """The likeliest sentiment; of equals the more negative (the first in `SENTIMENTS`)."""
        return SENTIMENTS[self.scores.index(max(self.scores))]

    @property
    def confidence(self) -> float:
        """The probability of `sentiment`."""
        return max(self.scores)

    @property
    def emotion(self) -> Emotion | None:
        """The emotion with the largest probability, if the model reads emotions."""
        return EMOTIONS[self.emotions.index(max(self.emotions))] if self.emotions else None


def score_units(scores: tuple[float, float, float]) -> tuple[int, int, int]:
    """Turn probabilities into stored units that sum to `SCORE_UNIT` exactly (largest remainder).

    The order of the scores is kept: rounding never makes another label the largest.
    """
    raw = [score * SCORE_UNIT for score in scores]
    units = [int(value) for value in raw]
    missing = SCORE_UNIT - sum(units)
    by_remainder = sorted(range(3), key=lambda i: (raw[i] - units[i], scores[i]), reverse=True)
    for index in by_remainder[: max(0, missing)]:
        units[index] += 1
    return units[0], units[1], units[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """How much one piece of the original text speaks for the sentiment that was read."""

    token: str
    #: offsets in the original text, in characters, end exclusive
    start: int
    end: int
    #: positive: speaks for the sentiment; negative: against it
    weight: float
