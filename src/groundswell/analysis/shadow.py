"""A challenger reads what production reads; its readings are stored apart, and it never holds anything up."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Protocol, cast, runtime_checkable
from uuid import UUID

from groundswell.analysis.current import Current
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError
from groundswell.core.mood import Reading, Vector
from groundswell.models.port import Model
from groundswell.observe import Metrics, logger
from groundswell.store.database import Database
from groundswell.store.posts import Analysed
from groundswell.store.registry import add_shadow_readings

WAITING = 64
"""Batches that wait for the challenger; beyond that it misses some, and they are counted."""

log = logger("analysis")


@runtime_checkable
class ReadsVectors(Protocol):
    """A model that is heads on an encoder, and can read vectors that the encoder made before."""

    #: SHA-256 of the encoder
    encoder: str

    def read_vectors(self, vectors: Sequence[Vector]) -> list[Reading]:
        """Return one reading per vector."""
        ...


class Shadow:
    """Takes what a worker has stored and has the challenger read it, in a thread of its own."""

    def __init__(self, current: Current, database: Database, *, clock: Clock, metrics: Metrics) -> None:
        self._current, self._database, self._clock, self._metrics = current, database, clock, metrics
        self._waiting: queue.Queue[Sequence[Analysed]] = queue.Queue(WAITING)

    def offer(self, stored: Sequence[Analysed]) -> None:
        """Take a batch that was stored; returns at once."""
        if self._current.shadow is None or not stored:
            return
        try:
            self._waiting.put_nowait(stored)
        except queue.Full:
            self._metrics.count("groundswell_shadow_total", len(stored), result="missed")

    def run(self, stop: threading.Event) -> None:
        """Have the challenger read until `stop` is set; what it fails at is counted and left."""
        while not stop.is_set():
            try:
                batch = self._waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            model = self._current.shadow
            if model is not None:
                self._read(model, batch)

    def _read(self, model: Model, batch: Sequence[Analysed]) -> None:
        try:
            readings = dict(zip([item.post.key for item in batch], read_beside(model, batch), strict=True))
            number = self._store(readings)
            self._metrics.count("groundswell_shadow_total", number, result="read")
        except Exception as error:  # noqa: BLE001 - whatever ails the challenger, production goes on
            says = error.message if isinstance(error, GroundswellError) else type(error).__name__
            log.warning("the shadow model failed", model=model.info.name, says=says)
            self._metrics.count("groundswell_shadow_total", len(batch), result="failed")

    def _store(self, readings: dict[UUID, Reading]) -> int:
        with self._database.transaction() as connection:
            return add_shadow_readings(connection, readings, self._clock.now())


def read_beside(model: Model, batch: Sequence[Analysed]) -> list[Reading]:
    """Read a batch with the challenger: from the vectors of production where both share the encoder."""
    vectors = [item.reading.vector for item in batch]
    if isinstance(model, ReadsVectors) and all(one and one.encoder == model.encoder for one in vectors):
        return model.read_vectors(cast("Sequence[Vector]", vectors))
    return model.read([item.post.content for item in batch])


Offer = Callable[[Sequence[Analysed]], None]
"""Takes a batch that was stored; returns at once and never fails."""
