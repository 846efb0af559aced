"""Reads texts for people who wait: by one model a request, with a permit, and nothing invented."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from groundswell.core.clock import Clock
from groundswell.core.errors import Busy, GroundswellError, ModelUnavailable, UnreadableText
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

    info: ModelInfo
    #: one per text, in order; an error where the model could not read the text
    readings: tuple[Reading | GroundswellError, ...]
    #: time the model took, waiting not counted
    seconds: float


class Predictor:
    """The seam between requests and models; the micro-batcher takes its place here.

    Safe to call from several threads. Blocks: call it off the event loop.
    """

    def __init__(
        self,
        model: Model | None,
        *,
        clock: Clock,
        permits: Permits | None = None,
        load: Callable[[str], Model] = load_model,
    ) -> None:
        self._model, self._clock, self._load = model, clock, load
        self._permits = permits or Permits(working=2, waiting=24, patience_seconds=10)
        self._loading = threading.Lock()
        self._loaded: dict[str, Model] = {}

    @property
    def info(self) -> ModelInfo | None:
        """What the model of this process says about itself; None while none is loaded."""
        return self._model.info if self._model else None

    def read(self, texts: Sequence[str], model: str | None = None) -> Predicted:
        """Read `texts` with the model called `model`, or with the one of this process.

        Raises `UnknownModel` for a name nobody knows, `ModelUnavailable` while no model is
        loaded, `Busy` when too many are reading.
        """
        chosen = self._choose(model)
        with self._permits.one():
            started = self._clock.monotonic()
            readings = _read(chosen, texts)
            return Predicted(
                info=chosen.info, readings=tuple(readings), seconds=self._clock.monotonic() - started
            )

    def explain(self, text: str, model: str | None = None) -> list[Attribution]:
        """Return how much each token of `text` speaks for the sentiment read in it; raises as `read` does."""
        chosen = self._choose(model)
        with self._permits.one():
            return chosen.explain(text)

    def _choose(self, name: str | None) -> Model:
        if name is None:
            if self._model is None:
                raise ModelUnavailable
            return self._model
        own = self._model
        if own is not None and name in {own.info.key, own.info.name}:
            return own
        return self._loaded.get(name) or self._load_once(name)

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
