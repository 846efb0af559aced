"""From a source through the door: the cursor is saved only after what lies before it is durable in the stream."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from groundswell.core.clock import Clock
from groundswell.core.errors import BadSource, Busy, InvalidInput, Unavailable
from groundswell.core.incoming import Gap, RawEvent
from groundswell.core.retry import Backoff
from groundswell.ingest.accept import Door
from groundswell.observe import logger
from groundswell.sources.port import Batch, Source
from groundswell.store import collection
from groundswell.store.database import Database

CHUNK = 500
"""Events published at once; a source's batch may be larger."""

SAVE_SECONDS = 1.0
"""How often a cursor is saved; what was published since is published again after a crash, and counts once."""

log = logger("ingest")


@dataclass(frozen=True, kw_only=True, slots=True)
class PumpResult:
    """How much was pumped so far, or in all."""

    accepted: int = 0
    rejected: int = 0
    #: why the first event was refused, for a person to see
    first_error: InvalidInput | None = None
    #: whether a place was known from which it went on
    resumed: bool = False
    #: how far through the whole, from 0 to 1, where the source can tell
    progress: float | None = None


class _Stopped(Exception):
    """The stop event was set while waiting."""


def pump(
    source: Source,
    door: Door,
    database: Database,
    stop: threading.Event,
    clock: Clock,
    on_progress: Callable[[PumpResult], None] | None = None,
) -> PumpResult:
    """Pump `source` from its saved cursor until it ends or `stop` is set; return how much that was.

    A full stream slows the source down, an outage makes it wait, nothing is dropped. A live
    source that fails is opened again after a pause; a finite one raises `BadSource`.
    """
    return _Pump(source, door, database, stop, clock, on_progress).run()


class _Pump:
    def __init__(
        self,
        source: Source,
        door: Door,
        database: Database,
        stop: threading.Event,
        clock: Clock,
        on_progress: Callable[[PumpResult], None] | None,
    ) -> None:
        self._source, self._door, self._database = source, door, database
        self._stop, self._clock, self._on_progress = stop, clock, on_progress
        self._what = source.describe()
        self._chunk = min(CHUNK, door.capacity)
        self._result = PumpResult()
        self._waits = False
        self._cursor: str | None = None
        self._saved: str | None = None
        self._saved_at = clock.monotonic()

    def run(self) -> PumpResult:
        try:
            self._insist(self._begin)
            for batch in self._batches():
                self._take(batch)
        except _Stopped:
            log.info("stops", source=self._what.name)
        except BadSource:
            self._end()
            raise
        self._end()
        return self._result

    def _begin(self) -> None:
        with self._database.transaction() as connection:
            self._cursor = self._saved = collection.cursor(connection, self._what.name)
        self._result = replace(self._result, resumed=self._cursor is not None)
        self._log("started")

    def _log(self, kind: Literal["started", "stopped", "error"], detail: str = "") -> None:
        with self._database.transaction() as connection:
            collection.log(
                connection, source=self._what.name, kind=kind, start=self._clock.now(), detail=detail
            )

    def _end(self) -> None:
        """Save the cursor and note the end; best effort when stopped, for then the database may be away."""
        try:
            self._save()
            self._log("stopped")
        except Unavailable:
            if not self._stop.is_set():
                raise
            log.warning("could not save its cursor; what follows it is sent again and counts once")

    def _batches(self) -> Iterator[Batch]:
        """Yield the source's batches until it ends, opening a live one again when it fails."""
        backoff, is_back = Backoff(first=1.0, most=60.0), True
        while True:
            try:
                for batch in self._source.batches(self._cursor):
                    if self._stop.is_set():
                        return
                    if not is_back:
                        self._insist(lambda: self._log("started", detail="listens again"))
                        is_back = True
                    yield batch
                    backoff.reset()
            except BadSource as error:
                self._note_failure(error)
                is_back = False
                if self._what.finite:
                    raise
                self._wait(backoff.wait())
            else:
                return

    def _note_failure(self, error: BadSource) -> None:
        log.warning("the source failed", source=self._what.name, error=str(error))
        self._insist(lambda: self._log("error", detail=str(error)))

    def _take(self, batch: Batch) -> None:
        events = [event for event in batch.events if not isinstance(event, Gap)]
        for start in range(0, len(events), self._chunk):
            self._publish(events[start : start + self._chunk])
        for event in batch.events:
            if isinstance(event, Gap):
                self._insist(lambda gap=event: self._log_gap(gap))  # type: ignore[misc]
        self._cursor = batch.cursor
        if self._clock.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save_if_possible()
        self._result = replace(self._result, progress=batch.progress)
        if self._on_progress:
            self._on_progress(self._result)

    def _publish(self, events: Sequence[RawEvent]) -> None:
        """Publish all of `events`, however long the stream is full or away.

        Each attempt passes the door anew: what waited an hour was accepted now, not an hour
        ago, when views had already called that time complete.
        """
        backoff = Backoff()
        while True:
            try:
                admitted = self._door.admit(events)
            except (Busy, Unavailable) as error:
                self._note_wait(error)
                self._wait(backoff.wait())
            else:
                break
        self._waits = False
        first = self._result.first_error or next((refused.error for refused in admitted.rejected), None)
        self._result = replace(
            self._result,
            accepted=self._result.accepted + admitted.count,
            rejected=self._result.rejected + len(admitted.rejected),
            first_error=first,
        )

    def _save_if_possible(self) -> None:
        """Save the cursor; while the database is away, pumping goes on without."""
        try:
            self._save()
        except Unavailable as error:
            log.debug("cannot save its cursor", source=self._what.name, error=str(error))

    def _save(self) -> None:
        self._saved_at = self._clock.monotonic()
        if self._cursor is not None and self._cursor != self._saved:
            with self._database.transaction() as connection:
                collection.save_cursor(connection, self._what.name, self._cursor, self._clock.now())
            self._saved = self._cursor

    def _log_gap(self, gap: Gap) -> None:
        with self._database.transaction() as connection:
            collection.log(
                connection, source=gap.source, kind="gap", start=gap.start, end=gap.end, detail=gap.reason
            )

    def _insist(self, attempt: Callable[[], None]) -> None:
        """Do what needs the database, however long it is away."""
        backoff = Backoff()
        while True:
            try:
                attempt()
            except Unavailable as error:
                self._note_wait(error)
                self._wait(backoff.wait())
            else:
                self._waits = False
                return

    def _note_wait(self, error: Busy | Unavailable) -> None:
        """Say once that it waits, so that nobody takes it for stuck; a full stream is no news."""
        tell = log.warning if isinstance(error, Unavailable) and not self._waits else log.debug
        tell("waits for a server", source=self._what.name, says=error.message)
        self._waits = True

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped
