"""Counts what the API predicted, per minute, and hands the counts to the store each second."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundswell.core.clock import Clock
from groundswell.core.mood import Reading, Sentiment
from groundswell.observe import Metrics, logger
from groundswell.store import predictions
from groundswell.store.database import Database

log = logger("api")

FLUSH_SECONDS = 1.0

MAX_KEPT = 10_000
"""Most counts (minute, model, sentiment, fallback) kept while the store is away; then the oldest go."""

Key = tuple[datetime, str, Sentiment, bool]
Save = Callable[[datetime, Sequence[predictions.PredictionCount]], None]


@dataclass(slots=True)
class _Count:
    n: int = 0
    total_ms: float = 0.0


class PredictionCounter:
    """Counts in memory, saved by a thread of its own; a crash loses what the last second counted.

    Safe to call from several threads.
    """

    def __init__(self, save: Save, *, clock: Clock, metrics: Metrics) -> None:
        self._save, self._clock, self._metrics = save, clock, metrics
        self._lock = threading.Lock()
        self._counts: dict[Key, _Count] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-counter", daemon=True)

    def add(self, readings: Sequence[Reading], seconds: float) -> None:
        """Count `readings` that together took `seconds`."""
        if not readings:
            return
        minute = self._clock.now().replace(second=0, microsecond=0)
        each_ms = seconds * 1000 / len(readings)
        with self._lock:
            for reading in readings:
                key = (minute, reading.model_used, reading.sentiment, reading.fallback_used)
                count = self._counts.setdefault(key, _Count())
                count.n += 1
                count.total_ms += each_ms
        for reading in readings:
            self._metrics.count(
                "groundswell_predictions_total",
                model=reading.model_used,
                sentiment=reading.sentiment,
                fallback=str(reading.fallback_used).lower(),
            )

    def start(self) -> None:
        """Begin to save each second."""
        self._thread.start()

    def stop(self) -> None:
        """Save what is left and end."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()
        self.flush()

    def flush(self) -> None:
        """Save all counts; those that cannot be saved are kept for the next time."""
        with self._lock:
            taken, self._counts = self._counts, {}
        for minute in sorted({key[0] for key in taken}):
            of_minute = {key: count for key, count in taken.items() if key[0] == minute}
            try:
                self._save(minute, [_row(key, count) for key, count in of_minute.items()])
            except Exception as error:  # noqa: BLE001 - whatever ails the store, counting goes on
                log.warning("prediction counts not saved, kept for later", error=type(error).__name__)
                self._keep(of_minute)

    def _keep(self, counts: dict[Key, _Count]) -> None:
        """Put counts back under those that came since, the oldest first to go when there are too many."""
        with self._lock:
            for key, count in counts.items():
                later = self._counts.setdefault(key, _Count())
                later.n += count.n
                later.total_ms += count.total_ms
            for key in sorted(self._counts)[: max(0, len(self._counts) - MAX_KEPT)]:
                del self._counts[key]


def _row(key: Key, count: _Count) -> predictions.PredictionCount:
    _, model, sentiment, fallback = key
    return predictions.PredictionCount(
        model=model, sentiment=sentiment, fallback=fallback, n=count.n, total_ms=count.total_ms
    )


def saver(database: Database) -> Save:
    """Return what saves counts in the store, one short transaction a minute's counts."""

    def save(minute: datetime, rows: Sequence[predictions.PredictionCount]) -> None:
        with database.transaction() as connection:
            predictions.add(connection, minute, rows)

    return save
