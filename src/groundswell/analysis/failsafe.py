"""Decides who answers: the primary, else a configured LLM, else TF-IDF, else VADER; nothing is ever invented."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundswell import tracing
from groundswell.analysis.backend import Answer, Backend
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import Busy, ModelUnavailable
from groundswell.core.mood import Attribution, Reading
from groundswell.core.text import tokens
from groundswell.models.port import Model, ModelInfo, Patience
from groundswell.observe import Metrics

FALLBACKS = ("tfidf", "vader")
"""Models that answer when the primary cannot, best first; both read in this process, in a millisecond."""
SHORTEST_SECONDS = 0.2
"""With less time left a provider elsewhere is not asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """Readings, all by one version of one model."""

    #: the version that read them
    model: Model
    readings: list[Reading]
    is_fallback: bool


class Failsafe:
    """The chain of one process; used by its requests and by its worker alike.

    `deadline` is how long people wait for an answer at all: a provider elsewhere has what is left of it, and is not
    asked when nothing is; the models of this process, which read in a millisecond, are. Safe to call from several
    threads.
    """

    def __init__(
        self,
        primary: Backend,
        fallbacks: Sequence[Backend],
        *,
        metrics: Metrics,
        clock: Clock | None = None,
        deadline: Patience | None = None,
    ) -> None:
        self.primary, self.fallbacks = primary, tuple(fallbacks)
        self._metrics, self._clock = metrics, clock or SystemClock()
        # Without a provider elsewhere nobody's time is cut, and no text need be measured for it.
        self._deadline = deadline if any(backend.is_far for backend in self.fallbacks) else None

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Who answers, in order."""
        return (self.primary, *self.fallbacks)

    def read(self, texts: Sequence[str]) -> Answered:
        """Return one reading per text; those of a fallback are marked.

        The primary has its time and is not tried twice; then each fallback has its own. Raises
        `ModelUnavailable` when none of them can answer, `InvalidInput` when a text cannot be read, and
        `Busy` when too many wait: to be full is no failure, and a fallback's reading is the lesser one.
        """
        until = self._until(texts)
        with tracing.span("model.read", {"groundswell.texts": len(texts)}) as span:
            for backend in self.backends:
                try:
                    answer = backend.ask(texts, self._left(backend, until))
                except ModelUnavailable:
                    continue
                return self._answered(backend, answer, span)
            raise ModelUnavailable

    async def read_soon(self, texts: Sequence[str]) -> Answered:
        """Do as `read` does without holding a thread."""
        until = self._until(texts)
        with tracing.span("model.read", {"groundswell.texts": len(texts)}) as span:
            for backend in self.backends:
                try:
                    answer = await backend.ask_soon(texts, self._left(backend, until))
                except ModelUnavailable:
                    continue
                return self._answered(backend, answer, span)
            raise ModelUnavailable

    def _until(self, texts: Sequence[str]) -> float:
        """Return the moment of the clock at which an answer should be there."""
        if self._deadline is None:
            return math.inf
        return self._clock.monotonic() + self._deadline.of(len(texts), sum(map(tokens, texts)))

    def _left(self, backend: Backend, until: float) -> float:
        """Return how long a backend may be waited for; raises `ModelUnavailable` when it is not worth asking."""
        if not backend.is_far:
            return math.inf
        left = until - self._clock.monotonic()
        if left < SHORTEST_SECONDS:
            raise ModelUnavailable
        return left

    def _answered(self, backend: Backend, answer: Answer, span: tracing.Told) -> Answered:
        readings = answer.readings
        is_fallback = backend is not self.primary
        span.tell({"groundswell.model": answer.model.info.name, "groundswell.fallback": is_fallback})
        if is_fallback:
            self._metrics.count("groundswell_fallback_total", len(readings), backend=backend.name)
            readings = [replace(reading, fallback_used=True) for reading in readings]
        self._note(readings)
        return Answered(model=answer.model, readings=readings, is_fallback=is_fallback)

    def _note(self, readings: Sequence[Reading]) -> None:
        kinds = Counter((read.model_used, read.sentiment, read.fallback_used) for read in readings)
        for (model, sentiment, fallback), number in kinds.items():
            labels = {"model": model, "sentiment": sentiment, "fallback": str(fallback).lower()}
            self._metrics.count("groundswell_readings_total", number, **labels)
        for read in readings:
            self._metrics.observe("groundswell_confidence", read.confidence, model=read.model_used)

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
        """Read as the chain does; raises like `Failsafe.read`, but a full service is an outage: posts can wait."""
        try:
            return self._failsafe.read(texts).readings
        except Busy:
            raise ModelUnavailable("The model service is full; the posts wait.") from None

    def explain(self, text: str) -> list[Attribution]:
        """Explain as the model that answers does."""
        return self._failsafe.read([text]).model.explain(text)
