"""VADER behind the port: a lexicon and rules, no training, thousands of posts a second.

Source: C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment
Analysis of Social Media Text", ICWSM 2014. The lexicon is the authors' package.
"""

import math
import re
from collections.abc import Sequence
from typing import Protocol, cast

from groundswell.core.mood import SENTIMENTS, Attribution, Reading
from groundswell.models.port import ModelInfo

NEUTRAL_BAND = 0.05
"""The authors' threshold: a compound score of 0.05 or more is positive, of -0.05 or less negative."""

_EDGE = NEUTRAL_BAND - 0.00005
"""Compound scores come with four decimals; the edge lies half a step inside, so that 0.05 is positive."""

STEEPNESS = 8.0
"""How fast a score turns into confidence as the compound leaves the band; a convention, not calibrated."""


class _Analyzer(Protocol):
    def polarity_scores(self, text: str) -> dict[str, float]: ...


class VaderModel:
    """The lexicon model; its scores keep VADER's label but are not calibrated probabilities."""

    info = ModelInfo(
        key="vader",
        version="1",
        description="VADER lexicon and rules (Hutto and Gilbert 2014): no training, English, no emotions.",
        labels=SENTIMENTS,
        has_emotions=False,
    )

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._analyzer = cast("_Analyzer", SentimentIntensityAnalyzer())

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, in order."""
        return [Reading(scores=scores_of(self._compound(text)), model_used=self.info.name) for text in texts]

    def explain(self, text: str) -> list[Attribution]:
        """Weigh each word by how the compound falls when it is left out, signed towards the label."""
        whole = self._compound(text)
        towards = -1.0 if whole < 0 else 1.0
        words = list(re.finditer(r"\S+", text))
        return [self._attribution(text, word, whole, towards) for word in words]

    def _attribution(self, text: str, word: re.Match[str], whole: float, towards: float) -> Attribution:
        without = self._compound(text[: word.start()] + text[word.end() :])
        weight = towards * (whole - without)
        return Attribution(token=word.group(), start=word.start(), end=word.end(), weight=weight)

    def _compound(self, text: str) -> float:
        return self._analyzer.polarity_scores(text)["compound"]


def scores_of(compound: float) -> tuple[float, float, float]:
    """Turn a compound score in [-1, 1] into three scores that sum to 1 and keep VADER's label.

    A softmax over how far the compound lies beyond each edge of the neutral band.
    """
    logits = (
        STEEPNESS * (-compound - _EDGE),
        0.0,
        STEEPNESS * (compound - _EDGE),
    )
    weights = [math.exp(logit) for logit in logits]
    total = sum(weights)
    negative, neutral, positive = (weight / total for weight in weights)
    return negative, neutral, positive
