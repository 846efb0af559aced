"""Reads texts for people who wait: each request by one version of one model, and nothing invented."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundswell.analysis.failsafe import Failsafe
from groundswell.analysis.sidedoor import SideDoor
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError, ModelUnavailable, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.load import load as load_model
from groundswell.models.port import Model, ModelInfo

__all__ = ["Model", "Predicted", "Predictor"]

MAX_LOADED = 4
"""Models held in memory beside the one this process was started with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """What came of reading some texts."""

    #: the version that read them, as `key@version`
    model_used: str
    #: one per text, in order; an error where the model could not read the text
    readings: tuple[Reading | GroundswellError, ...]
    #: time the answer took
    seconds: float
    #: only when an explanation was asked for, and the text could be read
    attributions: tuple[Attribution, ...] = ()


class Predictor:
    """The seam between requests and models: the failsafe answers, unless another model is named.

    Lives on one event loop and never holds it up. Explanations and models that are named go through a side door,
    two at a time: what is rare and heavy does not stand in the way of the rest.
    """

    def __init__(
        self,
        failsafe: Failsafe,
        *,
        clock: Clock,
        side: SideDoor | None = None,
        load: Callable[[str], Model] = load_model,
        version_of: Callable[[str], str] = str,
    ) -> None:
        """`version_of` says which version a name stands for now: a key's pointer may move."""
        self._failsafe, self._clock, self._load = failsafe, clock, load
        self._version_of = version_of
        self._side = side or SideDoor(working=2, waiting=32, patience_seconds=10)
        self._loading = threading.Lock()
        self._loaded: dict[str, Model] = {}

    @property
    def info(self) -> ModelInfo | None:
        """What the primary model of this process says about itself; None while none is loaded."""
        model = self._failsafe.primary.model
        return model.info if model else None

    @property
    def is_whole(self) -> bool:
        """Whether the primary model answers, as far as is known; else a fallback does, if one can."""
        primary = self._failsafe.primary
        return primary.model is not None and primary.breaker.status().state == "CLOSED"

    async def read(self, texts: Sequence[str], model: str | None = None) -> Predicted:
        """Read `texts` with the model called `model`, or as the failsafe does.

        Raises `UnknownModel` for a name nobody knows, `ModelUnavailable` while nothing can
        answer, `Busy` when too many are reading.
        """
        started = self._clock.monotonic()
        if not texts:
            return Predicted(model_used=self.info.name if self.info else "", readings=(), seconds=0.0)
        if self._is_other(model):
            used, readings = await self._side.run(lambda: self._named(texts, model or ""))
        else:
            used, readings = await self._safely(texts)
        return Predicted(model_used=used, readings=tuple(readings), seconds=self._clock.monotonic() - started)

    async def explain(self, text: str, model: str | None = None) -> Predicted:
        """Read one text, and say how much each token speaks for the sentiment read in it, by the same version.

        Raises as `read` does, and `UnreadableText`.
        """
        started = self._clock.monotonic()
        if self._is_other(model):
            reading, found = await self._side.run(lambda: _explained(self._load_once(model or ""), text))
        else:
            answered = await self._failsafe.read_soon([text])
            reading = answered.readings[0]
            found = await self._side.run(lambda: answered.model.explain(text))
        return Predicted(
            model_used=reading.model_used,
            readings=(reading,),
            seconds=self._clock.monotonic() - started,
            attributions=tuple(found),
        )

    async def _safely(self, texts: Sequence[str]) -> tuple[str, list[Reading | GroundswellError]]:
        """Read all at once; when one of them cannot be read, each alone, so that only it fails."""
        try:
            answered = await self._failsafe.read_soon(texts)
            return answered.readings[0].model_used, list(answered.readings)
        except UnreadableText as error:
            if len(texts) == 1:
                return "", [error]
        for _ in range(2):
            alone = [await self._alone(text) for text in texts]
            used = {one.model_used for one in alone if isinstance(one, Reading)}
            if len(used) <= 1:
                return next(iter(used), ""), alone
        raise ModelUnavailable("The model changes while the texts are read; try again.")

    async def _alone(self, text: str) -> Reading | GroundswellError:
        try:
            return (await self._failsafe.read_soon([text])).readings[0]
        except UnreadableText as error:
            return error

    def _named(self, texts: Sequence[str], name: str) -> tuple[str, list[Reading | GroundswellError]]:
        model = self._load_once(name)
        return model.info.name, _read(model, texts)

    def _is_other(self, name: str | None) -> bool:
        """Tell whether a model is named that is not the primary of this process."""
        return name is not None and (self.info is None or name not in {self.info.key, self.info.name})

    def _load_once(self, asked: str) -> Model:
        name = self._version_of(asked)
        with self._loading:
            if name not in self._loaded:
                model = self._load(name)
                if len(self._loaded) >= MAX_LOADED:
                    self._loaded.pop(next(iter(self._loaded)))
                self._loaded[name] = model
            return self._loaded[name]


def _explained(model: Model, text: str) -> tuple[Reading, list[Attribution]]:
    return model.read([text])[0], model.explain(text)


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
