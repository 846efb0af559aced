"""From a SPEC as people type it (`synthetic`, `file:PATH`) to a source."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from groundswell.core.clock import Clock
from groundswell.core.errors import BadFile, NotBuiltYet, WrongSource
from groundswell.files.kind import STANDARD
from groundswell.observe import logger
from groundswell.sources.bluesky import SERVERS, BlueskyOptions, BlueskySource
from groundswell.sources.bluesky_place import server
from groundswell.sources.bluesky_posts import Wanted
from groundswell.sources.file import FileOptions, FileSource, Report
from groundswell.sources.pacing import AsRecorded, AtOnce, AtRate, Pace
from groundswell.sources.port import Source
from groundswell.sources.records import DEFAULT_SOURCE, Naming, parse_columns
from groundswell.sources.synthetic import SyntheticOptions, SyntheticSource

KNOWN = ("synthetic", "file:PATH", "bluesky[:term,term]")
LATER = ("mastodon", "rss", "hackernews", "reddit", "youtube")
_KNOWN = f"{', '.join(KNOWN[:-1])} and {KNOWN[-1]}"


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What can be said about a source beside its SPEC."""

    #: events a second; None: as fast as they are taken (a file), or `posts_per_minute` (synthetic)
    rate: float | None = None
    #: replay a file's recorded times so many times as fast
    speed: float | None = None
    #: end at the end of the file
    once: bool = False
    #: `FIELD=COLUMN`, one or several separated by commas
    columns: tuple[str, ...] = ()
    #: source of a file's rows that name none
    source_name: str = DEFAULT_SOURCE
    posts_per_minute: float = 60.0
    #: addresses of Jetstream servers
    jetstreams: tuple[str, ...] = SERVERS
    #: BCP-47 tags of the posts of a network that are kept; empty: all
    languages: tuple[str, ...] = ()
    #: seconds of silence after which the connection to a network is given up
    stall_seconds: float = 60.0

    def __post_init__(self) -> None:
        for name, value in (("--rate", self.rate), ("--speed", self.speed)):
            if value is not None and not 0 < value < float("inf"):
                raise WrongSource(f"{name} must be more than 0.")
        if self.rate and self.speed:
            raise WrongSource("--rate and --speed exclude each other; give one of them.")


def open_source(
    spec: str, options: SourceOptions, *, clock: Clock, stop: Event, report: Report | None = None
) -> Source:
    """Return the source that `spec` names; a file must exist, it is opened when its first batch is asked for.

    `report` takes a sentence for each row that is passed over; without it, they are logged.
    Raises `WrongSource` for an unknown SPEC or wrong options, `NotBuiltYet` for one that comes later.
    """
    kind, _, rest = spec.partition(":")
    if kind in LATER:
        raise NotBuiltYet(f"The source '{kind}' is not built yet; known are {_KNOWN}.")
    if kind == "synthetic" and (not rest or rest.isdecimal()):
        return _synthetic(int(rest or 1), options, clock, stop)
    if kind == "file" and rest:
        return _file(rest, options, clock=clock, stop=stop, report=report or _log)
    if kind == "bluesky":
        return _bluesky(rest, options, clock, stop)
    raise WrongSource(f"There is no source '{spec}'; known are {_KNOWN}.")


def _synthetic(seed: int, options: SourceOptions, clock: Clock, stop: Event) -> Source:
    if options.speed or options.columns:
        raise WrongSource("--speed and --map are for files; the synthetic source has --rate.")
    rate = options.rate or options.posts_per_minute / 60
    return SyntheticSource(SyntheticOptions(posts_per_second=rate, seed=seed), clock=clock, stop=stop)


def _file(path: str, options: SourceOptions, *, clock: Clock, stop: Event, report: Report) -> Source:
    naming = Naming(columns=parse_columns(options.columns), source=options.source_name)
    source = FileSource(
        FileOptions(path=path, naming=naming, once=options.once),
        new_pace=partial(_pace, options, clock),
        clock=clock,
        stop=stop,
        report=report,
    )
    if path != STANDARD and not Path(path).exists():
        raise BadFile(f"There is no file {path}.")
    return source


def _bluesky(terms: str, options: SourceOptions, clock: Clock, stop: Event) -> Source:
    if options.rate or options.speed or options.once or options.columns:
        raise WrongSource(
            "--rate, --speed, --once and --map are not for bluesky: it is live, and all of it counts."
        )
    wanted = Wanted(
        terms=tuple(term.strip() for term in terms.split(",") if term.strip()), languages=options.languages
    )
    found = BlueskyOptions(
        servers=tuple(map(server, options.jetstreams)), wanted=wanted, stall_seconds=options.stall_seconds
    )
    return BlueskySource(found, clock=clock, stop=stop)


def _pace(options: SourceOptions, clock: Clock) -> Pace:
    if options.rate:
        return AtRate(options.rate, clock)
    return AsRecorded(options.speed, clock) if options.speed else AtOnce()


def _log(sentence: str) -> None:
    logger("sources").warning("passed_over", sentence=sentence)
