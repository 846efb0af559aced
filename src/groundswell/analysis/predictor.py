"""Reads texts for people who wait: each request by one version of one model, and nothing invented."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from groundswell.analysis.failsafe import Answered, Failsafe, explain_with
from groundswell.core.clock import Clock
from groundswell.core.errors import Busy, GroundswellError, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.load import load as load_model
from groundswell.models.port import Model, ModelInfo

__all__ = ["Model", "Permits", "Predicted", "Predictor"]

MAX_LOADED = 4
"""Models held in memory beside the one this process was started with."""


class Permits:
    """A door for work that is heavy: so many at work, so many waiting, nobody waiting for long."""

    def __init__(self, *, working: int, waiting: int, patience_seconds: float) -> None:
        self._room = threading.BoundedSemaphore(working + waiting)
        self._work = threading.BoundedSemaphore(working)
        self._patience = patience_seconds

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a permit; raises `Busy` when the room is full or the wait too long."""
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            if not self._work.acquire(timeout=self._patience):
                raise Busy
            try:
                yield
            finally:
                self._work.release()
        finally:
            self._room.release()


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """What came of reading some texts."""

    #: the version that read them, as `key@version`
    model_used: str
    #: one per text, in order; an error where the model could not read the text
    readings: tuple[Reading | GroundswellError, ...]
    #: time the answer took
    seconds: float


class Predictor:
    """The seam between requests and models: the failsafe answers, unless another model is named.

    Safe to call from several threads. Blocks: call it off the event loop.
    """

    def __init__(
        self,
        failsafe: Failsafe,
        *,
        clock: Clock,
        permits: Permits | None = None,
        load: Callable[[str], Model] = load_model,
    ) -> None:
        self._failsafe, self._clock, self._load = failsafe, clock, load
        self._permits = permits or Permits(working=2, waiting=64, patience_seconds=10)
        self._loading = threading.Lock()
        self._loaded: dict[str, Model] = {}

    @property
    def info(self) -> ModelInfo | None:
        """What the primary model of this process says about itself; None while none is loaded."""
        model = self._failsafe.primary.model
        return model.info if model else None

    def read(self, texts: Sequence[str], model: str | None = None) -> Predicted:
        """Read `texts` with the model called `model`, or as the failsafe does.

        Raises `UnknownModel` for a name nobody knows, `ModelUnavailable` while nothing can
        answer, `Busy` when too many are reading.
        """
        started = self._clock.monotonic()
        used, readings = self._named(texts, model) if self._is_other(model) else self._safely(texts)
        return Predicted(model_used=used, readings=tuple(readings), seconds=self._clock.monotonic() - started)

    def _safely(self, texts: Sequence[str]) -> tuple[str, list[Reading | GroundswellError]]:
        """Read all at once; when one of them cannot be read, each alone, so that only it fails."""
        if not texts:
            return (self.info.name if self.info else "", [])
        try:
            answered = self._failsafe.read(texts)
            return answered.readings[0].model_used, list(answered.readings)
        except UnreadableText:
            alone = [self._alone(text) for text in texts]
            used = [one.model_used for one in alone if isinstance(one, Reading)]
            return (used[0] if used else ""), alone

    def _alone(self, text: str) -> Reading | GroundswellError:
        try:
            return self._failsafe.read([text]).readings[0]
        except UnreadableText as error:
            return error

    def _named(self, texts: Sequence[str], name: str | None) -> tuple[str, list[Reading | GroundswellError]]:
        model = self._load_once(name or "")
        with self._permits.one():
            return model.info.name, _read(model, texts)

    def explain(self, text: str, model: str | None = None) -> list[Attribution]:
        """Return how much each token of `text` speaks for the sentiment read in it; raises as `read` does."""
        if self._is_other(model):
            chosen = self._load_once(model or "")
            with self._permits.one():
                return chosen.explain(text)
        answered: Answered = self._failsafe.read([text])
        with self._permits.one():
            return explain_with(answered.backend, text)

    def _is_other(self, name: str | None) -> bool:
        """Tell whether a model is named that is not the primary of this process."""
        return name is not None and (self.info is None or name not in {self.info.key, self.info.name})

    def _load_once(self, name: str) -> Model:
        with self._loading:
            if name not in self._loaded:
                model = self._load(name)
                if len(self._loaded) >= MAX_LOADED:
                    self._loaded.pop(next(iter(self._loaded)))
                self._loaded[name] = model
            return self._loaded[name]


def _read(model: Model, texts: Sequence[str]) -> list[Reading | GroundswellError]:
    """Read all at once; when one of them cannot be read, read each alone, so that only it fails."""
    try:
        return list(model.read(texts))
    except UnreadableText:
        return [_read_one(model, text) for text in texts]


def _read_one(model: Model, text: str) -> Reading | GroundswellError:
    try:
        return model.read([text])[0]
    except UnreadableText as error:
        return error
