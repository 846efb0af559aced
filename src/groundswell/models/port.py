"""The port of every model: texts in, readings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.core.mood import Attribution, Reading, Sentiment
from groundswell.core.text import USUAL_TEXT


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInfo:
    """What a model says about itself."""

    key: str
    version: str
    #: one sentence for people who choose a model
    description: str
    #: the sentiments it can answer; a two-class model never answers neutral
    labels: tuple[Sentiment, ...]
    has_emotions: bool
    #: BCP-47 tags it was made for
    languages: tuple[str, ...] = ("en",)
    #: per-emotion decision thresholds in the order of `EMOTIONS`; empty without emotions
    emotion_thresholds: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """`key@version`, as predictions name it."""
        return f"{self.key}@{self.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a caller waits for a model."""

    #: for one post of usual length
    seconds: float
    #: more for each text beyond the first
    per_text: float = 0.05
    #: where it comes to more: for each token beyond those of a usual post, as `core.text.tokens` estimates them;
    #: twice what a core without VNNI needs (measured), as a text may have ten times the tokens of another
    per_token: float = 0.0016

    def of(self, texts: int, tokens: int) -> float:
        """Return the seconds that so many texts of so many tokens may take."""
        more = max(self.per_text * (texts - 1), self.per_token * (tokens - USUAL_TEXT))
        return self.seconds + max(0.0, more)


class Model(Protocol):
    """One version of one model, loaded.

    Implementations are safe to call from several threads. The answer for a text does not
    depend on the other texts of the batch nor on their order.
    """

    @property
    def info(self) -> ModelInfo:
        """What the model says about itself."""
        ...

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read `texts` and return one reading per text, in order.

        Raises `UnreadableText` when a text cannot be read at all, `ModelUnavailable` when
        the model itself cannot work.
        """
        ...

    def explain(self, text: str) -> list[Attribution]:
        """Return how much each token of the original text speaks for the sentiment read in it."""
        ...
