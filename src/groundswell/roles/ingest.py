"""`ingest`: a source is pumped through the door into the stream."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from groundswell.core.clock import Clock, SystemClock
from groundswell.settings import Settings
from groundswell.supervise.parts import Part, run_parts
from groundswell.toolbox import door, exposed, heartbeat, tools_for

if TYPE_CHECKING:  # each role imports what it is made of when it runs
    from groundswell.ingest.pump import PumpResult
    from groundswell.sources.port import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A source as people name it, and how it is read."""

    spec: str
    #: posts per second
    rate: float | None = None
    #: replay recorded times so many times as fast
    speed: float | None = None
    #: end at the end of the file
    once: bool = False
    #: `FIELD=COLUMN`, for files whose columns have other names
    columns: tuple[str, ...] = ()
    #: source of a file's rows that name none
    source_name: str = "file"

    def arguments(self) -> Iterator[str]:
        """Return the arguments of `groundswell ingest`."""
        yield self.spec
        if self.rate is not None:
            yield f"--rate={self.rate}"
        if self.speed is not None:
            yield f"--speed={self.speed}"
        if self.once:
            yield "--once"
        yield from (f"--map={pair}" for pair in self.columns)
        yield f"--as={self.source_name}"


def check_feed(settings: Settings, feed: Feed) -> None:
    """Raise `WrongSource`, `BadFile` or `NotBuiltYet` for a source that could never be read; nothing is started."""
    _source(settings, feed, clock=SystemClock(), stop=Event())


def run_ingest(
    settings: Settings,
    feed: Feed,
    *,
    on_progress: "Callable[[PumpResult], None] | None" = None,
    report: Callable[[str], None] | None = None,
) -> "PumpResult":
    """Pump a source into the stream until it ends or a stop signal; return how much that was.

    `report` takes a sentence for each row of a file that is passed over; without it, they are logged.
    """
    from groundswell.ingest.pump import PumpResult, pump

    results = [PumpResult()]
    with tools_for(settings) as tools:

        def run(stop: Event) -> None:
            source = _source(settings, feed, clock=tools.clock, stop=stop, report=report)
            results.append(pump(source, door(tools), tools.database, stop, tools.clock, on_progress))

        parts = [heartbeat(tools, "ingest", None), *exposed(tools), Part(name="pump", run=run)]
        run_parts(parts, tools.clock)
    return results[-1]


def _source(
    settings: Settings,
    feed: Feed,
    *,
    clock: Clock,
    stop: Event,
    report: Callable[[str], None] | None = None,
) -> "Source":
    from groundswell.sources.bluesky import SERVERS
    from groundswell.sources.spec import SourceOptions, open_source

    options = SourceOptions(
        rate=feed.rate,
        speed=feed.speed,
        once=feed.once,
        columns=feed.columns,
        source_name=feed.source_name,
        posts_per_minute=settings.posts_per_minute,
        jetstreams=_listed(settings.jetstreams) or SERVERS,
        languages=_listed(settings.languages.lower()),
        stall_seconds=settings.stall_seconds,
    )
    return open_source(feed.spec, options, clock=clock, stop=stop, report=report)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
