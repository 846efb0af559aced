"""When the next event may go: at once, at a rate, or as it was recorded; and batches cut accordingly.

While nothing may go, an empty batch is yielded every `SLICE` seconds, so that the pump can look
at its stop event.
"""

from collections.abc import Iterator, Sequence
from threading import Event
from typing import Protocol, TypeVar

from groundswell.core.clock import Clock
from groundswell.core.incoming import RawEvent, RawPost
from groundswell.sources.moments import moment
from groundswell.sources.port import Batch

MOST = 512
"""Events in one batch."""

SLICE = 0.25
"""Seconds slept at most before an empty batch is yielded and the stop event is looked at again."""

EARLY = 0.05
"""Seconds that an event may go before its time, so that a high rate goes in batches, not one by one."""

CREDIT = 1.0
"""Seconds of events that a rate may make up for after the pump was slow."""


class Pace(Protocol):
    """Decides when each event is due."""

    def due(self, event: RawEvent) -> float:
        """Return the moment, on the monotonic clock, at which `event` may go; asked once per event, in order."""
        ...


class AtOnce:
    """Everything is due."""

    def due(self, event: RawEvent) -> float:
        """Return a moment long past."""
        del event
        return float("-inf")


class AtRate:
    """So many events a second, evenly."""

    def __init__(self, events_per_second: float, clock: Clock) -> None:
        self._interval, self._clock = 1 / events_per_second, clock
        self._next = clock.monotonic()

    def due(self, event: RawEvent) -> float:
        """Return the next free moment."""
        del event
        due = max(self._next, self._clock.monotonic() - CREDIT)
        self._next = due + self._interval
        return due


class AsRecorded:
    """As the posts were created, `speed` times as fast, from the first one on.

    What has no time, or is older than its predecessor, goes together with its predecessor.
    """

    def __init__(self, speed: float, clock: Clock) -> None:
        self._speed, self._clock = speed, clock
        self._first: float | None = None
        self._start = self._last = clock.monotonic()

    def due(self, event: RawEvent) -> float:
        """Return when its turn comes."""
        created_at = moment(event.fields.get("created_at")) if isinstance(event, RawPost) else None
        if created_at is not None:
            recorded = created_at.timestamp()
            if self._first is None:
                self._first, self._start = recorded, self._clock.monotonic()
            self._last = max(self._last, self._start + (recorded - self._first) / self._speed)
        return self._last


Place = TypeVar("Place")


class Flow(Protocol[Place]):
    """What is cut into batches."""

    def events(self) -> Iterator[RawEvent | None]:
        """Yield events; None when there is none now, to be asked again."""
        ...

    def place(self) -> Place:
        """Return the place behind the last event yielded."""
        ...

    def batch(self, events: Sequence[RawEvent], place: Place) -> Batch:
        """Return a batch that ends at `place`."""
        ...


def cut(flow: Flow[Place], pace: Pace, *, clock: Clock, stop: Event) -> Iterator[Batch]:
    """Yield the events of `flow` in batches, each event when it is due, until it ends or `stop` is set."""
    ready: list[RawEvent] = []
    place = flow.place()
    for event in flow.events():
        if event is None:
            yield flow.batch(ready, flow.place())
            ready = []
            clock.sleep(SLICE)
        else:
            due = pace.due(event)
            if due - clock.monotonic() > EARLY:
                yield flow.batch(ready, place)
                ready = []
                yield from _wait(flow, place, until=due, clock=clock, stop=stop)
            if not stop.is_set():
                ready.append(event)
                place = flow.place()
            if len(ready) >= MOST:
                yield flow.batch(ready, place)
                ready = []
        if stop.is_set():
            break
    else:
        place = flow.place()
    yield flow.batch(ready, place)


def _wait(flow: Flow[Place], place: Place, *, until: float, clock: Clock, stop: Event) -> Iterator[Batch]:
    """Yield empty batches until the moment `until`, or until `stop` is set."""
    while (left := until - clock.monotonic()) > 0 and not stop.is_set():
        clock.sleep(min(left, SLICE))
        if left > SLICE:
            yield flow.batch((), place)
