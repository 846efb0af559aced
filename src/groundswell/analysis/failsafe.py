"""Decides who answers: the primary, else a configured LLM, else TF-IDF, else VADER; nothing is ever invented."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundswell.analysis.backend import Backend
from groundswell.core.errors import Busy, ModelUnavailable
from groundswell.core.mood import Attribution, Reading
from groundswell.models.port import Model, ModelInfo
from groundswell.observe import Metrics

FALLBACKS = ("tfidf", "vader")
"""Models that answer when the primary cannot, best first; both read in this process, in a millisecond."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """Readings, all by one version of one model."""

    backend: Backend
    readings: list[Reading]
    is_fallback: bool


class Failsafe:
    """The chain of one process; used by its requests and by its worker alike.

    Safe to call from several threads.
    """

    def __init__(self, primary: Backend, fallbacks: Sequence[Backend], *, metrics: Metrics) -> None:
        self.primary, self.fallbacks = primary, tuple(fallbacks)
        self._metrics = metrics

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Who answers, in order."""
        return (self.primary, *self.fallbacks)

    def read(self, texts: Sequence[str]) -> Answered:
        """Return one reading per text; those of a fallback are marked.

        The primary has its time and is not tried twice; then each fallback has its own. Raises
        `ModelUnavailable` when none of them can answer, `InvalidInput` when a text cannot be read.
        """
        for backend in self.backends:
            try:
                readings = backend.read(texts)
            except (ModelUnavailable, Busy):
                continue
            is_fallback = backend is not self.primary
            if is_fallback:
                self._metrics.count("groundswell_fallback_total", len(texts), backend=backend.name)
                readings = [replace(reading, fallback_used=True) for reading in readings]
            return Answered(backend=backend, readings=readings, is_fallback=is_fallback)
        raise ModelUnavailable

    def reset(self) -> None:
        """Close every breaker of this process."""
        for backend in self.backends:
            backend.breaker.reset()


class SafeModel:
    """The chain in the place of a model: what a worker reads with."""

    def __init__(self, failsafe: Failsafe) -> None:
        self._failsafe = failsafe

    @property
    def info(self) -> ModelInfo:
        """What the model that should answer says about itself; raises `ModelUnavailable` when none can."""
        for backend in self._failsafe.backends:
            if model := backend.model:
                return model.info
        raise ModelUnavailable

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read as the chain does; raises like `Failsafe.read`."""
        return self._failsafe.read(texts).readings

    def explain(self, text: str) -> list[Attribution]:
        """Explain as the model that answers does."""
        answered = self._failsafe.read([text])
        return explain_with(answered.backend, text)


def explain_with(backend: Backend, text: str) -> list[Attribution]:
    """Return what the model of `backend` says about each token; raises `ModelUnavailable` when it is gone."""
    model: Model | None = backend.model
    if model is None:
        raise ModelUnavailable
    return model.explain(text)
