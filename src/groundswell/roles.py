"""What Groundswell is made of: the parts of each role, in the order they start; they stop in reverse."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from subprocess import run
from threading import Event
from typing import TYPE_CHECKING

from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import BadSettings, NotRunning, StopRequested
from groundswell.embedded import DataFolder
from groundswell.guard import api_guard, model_guard
from groundswell.installation import start_servers
from groundswell.observe import Metrics, logger
from groundswell.settings import Settings
from groundswell.supervise.child import Program
from groundswell.supervise.exposition import Shown
from groundswell.supervise.http import answers, claim_port
from groundswell.supervise.parts import Part, every, run_parts
from groundswell.supervise.pulse import Pulse, pulse
from groundswell.supervise.restarts import RestartRule
from groundswell.supervise.signals import Signals
from groundswell.supervise.supervisor import Supervisor
from groundswell.toolbox import (
    Tools,
    door,
    exposed,
    exposed_at,
    fetcher,
    heartbeat,
    model_key,
    postman,
    process_name,
    reader,
    rules,
    tools_for,
    trainer,
    versions,
    watcher,
)

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from groundswell.analysis.reader import Reader
    from groundswell.ingest.pump import PumpResult
    from groundswell.learning.jobs import Terms
    from groundswell.sources.port import Source

RETENTION_SECONDS, EXPIRING_SECONDS = 10.0, 5.0
"""Every ten seconds, for five at most: retention keeps up with any source and ends in time when told to."""
KEPT_FILES = timedelta(days=7)
"""What was collected of a person can be fetched for a week."""
WORKER_NICENESS = 5
"""Workers give way to the API, so that people do not wait for a backlog."""

PRELOAD_SECONDS = 5.0
"""How often it is checked whether the model that processes should read with is here."""
WATCH_SECONDS = 2.0
"""A watcher asks so often whether it is time to look; see `alerts.rules.SHORTEST_CADENCE_SECONDS`."""

DRIFT_SECONDS = 60.0
"""How often a watcher asks whether a look at drift is due; see `analysis.drift.EVERY`."""

log = logger("roles")


# --- up: everything on one machine, each role a process of its own ---------------------------------


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


def up(settings: Settings, feed: Feed | None, *, on_ready: Callable[[str], None]) -> None:
    """Run servers, API, workers, watcher and source until a stop signal; then end them in order.

    `on_ready` is told the page's address. Raises `DataFolderBusy` or `CannotStart`.
    """
    clock, folder = SystemClock(), DataFolder(root=settings.data_dir.resolve())
    with Signals() as signals, folder.lock(clock):
        supervisor = Supervisor(clock, signals.pause)
        try:
            port = claim_port(settings.host, settings.port, signals.pause)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            page = f"http://{host}:{port}"
            found = start_servers(settings, folder, supervisor, clock, signals.pause)
            folder.tell(replace(found, page=page))
            _migrate(settings, supervisor, signals.pause)
            _refuse_open(settings)
            for program in _programs(settings, port, feed):
                supervisor.start(program)
            supervisor.await_ready("api")
            on_ready(page)
            while True:
                signals.pause(supervisor.tend())
        except StopRequested:
            log.info("stopping")
        finally:
            stop_in_order(supervisor, clock, signals.wait)
            folder.tell_nothing()


def _migrate(settings: Settings, supervisor: Supervisor, pause: Callable[[float], None]) -> None:
    """Bring the schema up to date, in a child: what that loads is gone when it ends."""
    supervisor.start(_role(settings, "migrate", may_finish=True, restart=RestartRule(give_up_after=3)))
    while not supervisor.finished("migrate"):
        pause(supervisor.tend())


def _refuse_open(settings: Settings) -> None:
    """Ask a child whether others could come in without a key: what that loads is gone when it ends.

    Raises `BadSettings` in the child's words.
    """
    folder = f"--data-dir={settings.data_dir.resolve()}"
    line = (sys.executable, "-P", "-m", "groundswell", "keys", "check", f"--host={settings.host}", folder)
    asked = run(line, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - it is ours
    if asked.returncode:
        raise BadSettings(last_line(asked.stderr).removeprefix("groundswell: "))


def last_line(text: str) -> str:
    """Return the last line of what a command said."""
    return text.strip().rpartition("\n")[2] or "Whether keys are needed could not be found out."


def _programs(settings: Settings, port: int, feed: Feed | None) -> Iterator[Program]:
    at = (f"--host={settings.host}", f"--port={port}")
    shown = _metrics_ports(settings)
    is_up = lambda _: answers(settings.host, port, "/health/live")  # noqa: E731
    yield _role(settings, "api", "--name=api", *at, next(shown), ready=is_up)
    for number in range(1, settings.worker_count + 1):
        name = f"worker-{number}"
        felt = Pulse(DataFolder(root=settings.data_dir.resolve()).pulse(name))
        line = ("worker", f"--name={name}", "--pulse", next(shown))
        yield _role(settings, *line, name=name, nice=WORKER_NICENESS, pulse=felt)
    yield _role(settings, "watch", "--name=watch", next(shown))
    if feed:
        yield _role(settings, "ingest", *feed.arguments(), next(shown), reads_stdin=True, may_finish=True)


def _metrics_ports(settings: Settings) -> Iterator[str]:
    """Return the flag of one process after the other: ports in a row, or none at all."""
    first = settings.metrics_port
    return (f"--metrics-port={first + number if first else 0}" for number in count())


def _role(
    settings: Settings, command: str, *arguments: str, name: str | None = None, **how: object
) -> Program:
    # -P: the folder we were started in is no place to import from
    line = (sys.executable, "-P", "-m", "groundswell", command, *arguments)
    folder = f"--data-dir={settings.data_dir.resolve()}"
    return Program(name=name or command, command=(*line, folder), **how)  # type: ignore[arg-type]


STOP_ORDER: Sequence[tuple[str, float]] = (
    # what is stopped, and the second at which what is left of it is killed
    ("ingest", 1.5),
    ("api", 3.5),
    ("worker", 6.5),
    ("watch", 7.0),
    ("migrate", 7.0),
    ("valkey", 8.0),
    ("postgres", 9.5),
)
"""First what brings posts, last what keeps them: all of it in under ten seconds."""


def stop_in_order(supervisor: Supervisor, clock: Clock, wait: Callable[[float], bool]) -> None:
    """End every program; another stop signal ends patience with the one at hand."""
    started = clock.monotonic()
    for kind, seconds in STOP_ORDER:
        names = [name for name in supervisor.names() if name.partition("-")[0] == kind]
        supervisor.stop(names, deadline=started + seconds, wait=wait)


# --- the roles: each is a list of parts ------------------------------------------------------------


LOOK_SECONDS = 1.0
"""How often a process looks at the registry's pointer and at resets of the breakers."""
AGAIN_SECONDS = 3.0
"""How often a worker looks for fallback headlines to read again."""
WORKER_SECONDS = 30.0
"""Time a worker gives the model of its own process; nobody waits for it, and it gives way to the API."""
CALLS = 2
"""Inferences that the API and the model service have under way at a time; 4 towards a service."""


def run_api(settings: Settings, name: str | None = None) -> None:
    """Answer requests and feed the page until a stop signal."""
    from groundswell.api.app import create_app
    from groundswell.api.parts import Parts
    from groundswell.api.routes.metrics import refresh
    from groundswell.api.server import serve

    with tools_for(settings) as tools:
        claim_port(settings.host, settings.port, tools.clock.sleep)
        calls = 2 * CALLS if settings.model_service_url else CALLS
        reads = _reader(tools, calls=calls, **_queue(settings))
        parts = Parts(
            settings=settings,
            clock=tools.clock,
            metrics=tools.metrics,
            database=tools.database,
            redis=tools.redis,
            redis_url=tools.redis_url,
            door=door(tools),
            reader=reads,
            process=process_name("api", name),
            started_at=tools.clock.now(),
            guard=api_guard(settings, tools),
        )
        app = create_app(parts)
        http = Part(name="http", run=lambda stop: serve(app, settings.host, settings.port, stop))
        look = every(LOOK_SECONDS, reads.look, name="follow the registry")
        shown = exposed(tools, lambda: refresh(parts))
        run_parts([heartbeat(tools, "api", name, reads.state), *shown, look, http], tools.clock)


def _queue(settings: Settings) -> Mapping[str, object]:
    """Return how long people may wait for a model."""
    return {"queue_seconds": settings.queue_seconds, "window_seconds": settings.batch_window_seconds}


def _reader(tools: Tools, **changes: object) -> "Reader":
    """Return what this process reads with, its model loaded if that is possible now."""
    reads = reader(
        tools.settings, clock=tools.clock, metrics=tools.metrics, database=tools.database, **changes
    )
    reads.begin()
    return reads


def run_worker(settings: Settings, name: str | None = None, *, has_pulse: bool = False) -> None:
    """Read posts from the stream, have the model read them, store what it says, until a stop signal.

    `has_pulse`: the supervisor of this data folder feels whether it hangs.
    """
    from groundswell.analysis.again import Again
    from groundswell.analysis.failsafe import SafeModel
    from groundswell.analysis.shadow import Shadow
    from groundswell.analysis.worker import Worker, WorkerParts
    from groundswell.stream.handler import Terms

    with tools_for(settings) as tools:
        terms = Terms(
            stream=settings.stream_name,
            group=settings.consumer_group,
            name=process_name("worker", name),
            batch=settings.batch_posts,
            claim_idle_seconds=settings.claim_idle_seconds,
            max_deliveries=settings.max_deliveries,
            live_entries=settings.live_entries,
        )
        alone = {} if settings.model_service_url else {"has_shadow": True, "seconds": WORKER_SECONDS}
        reads = _reader(tools, **alone)
        shadow = Shadow(reads.current, tools.database, clock=tools.clock, metrics=tools.metrics)
        primary = reads.failsafe.primary
        again = Again(primary, tools.database, terms.name, clock=tools.clock, metrics=tools.metrics)
        worker = Worker(
            WorkerParts(
                redis_url=tools.redis_url,
                database=tools.database,
                model=SafeModel(reads.failsafe),
                clock=tools.clock,
                metrics=tools.metrics,
                terms=terms,
                rules=rules(settings),
                parking_limit=settings.parking_limit,
                failpoint=settings.failpoint,
                offer=shadow.offer,
            )
        )
        parts = [
            heartbeat(tools, "worker", name, lambda: {**worker.state(), **reads.state()}),
            every(LOOK_SECONDS, reads.look, name="follow the registry"),
            every(AGAIN_SECONDS, again.look, name="read fallback headlines again"),
            *exposed(tools),
            Part(name="shadow", run=shadow.run),
            Part(name="stream", run=worker.run),
        ]
        if has_pulse:
            file = DataFolder(root=settings.data_dir.resolve()).pulse(name or "worker")
            parts.insert(0, pulse(file, lambda: worker.consumer.turned_at))
        run_parts(parts, tools.clock)


def run_model(settings: Settings, name: str | None = None) -> None:
    """Serve the model endpoints alone until a stop signal; follows the registry where there is a database."""
    from groundswell.api.model_app import create_model_app
    from groundswell.api.parts import ModelParts
    from groundswell.api.server import serve

    with _maybe_tools(settings) as tools:
        clock, metrics = (tools.clock, tools.metrics) if tools else (SystemClock(), Metrics())
        alone = settings.model_copy(update={"model_service_url": ""})
        reads = reader(
            alone,
            clock=clock,
            metrics=metrics,
            database=tools.database if tools else None,
            calls=CALLS,
            has_fallbacks=False,
            **_queue(settings),
        )
        reads.begin()
        app = create_model_app(
            ModelParts(
                settings=settings,
                clock=clock,
                metrics=metrics,
                reader=reads,
                started_at=clock.now(),
                guard=model_guard(settings),
            )
        )
        parts = [every(LOOK_SECONDS, reads.look, name="follow the registry")]
        parts += [heartbeat(tools, "model", name, reads.state)] if tools else []
        shown = Shown(
            metrics=metrics,
            refresh=metrics.show_memory,
            is_ready=lambda: reads.current.model is not None,
        )
        parts += exposed_at(settings, shown)
        parts += [Part(name="http", run=lambda stop: serve(app, settings.host, settings.port, stop))]
        run_parts(parts, clock)


@contextmanager
def _maybe_tools(settings: Settings) -> Iterator[Tools | None]:
    """Connect to the servers of `settings`, or to none where there are none."""
    with ExitStack() as stack:
        try:
            tools = stack.enter_context(tools_for(settings))
        except NotRunning:
            tools = None
        yield tools


def run_watch(settings: Settings, name: str | None = None) -> None:
    """Run long work, watch for what people want to be told of, and keep the house until a stop signal."""
    from groundswell import jobs
    from groundswell.alerts import delivery
    from groundswell.analysis import fetch, reanalyse
    from groundswell.analysis import privacy as privacy_job
    from groundswell.analysis.drift import Drift
    from groundswell.learning import jobs as training
    from groundswell.store import presence, privacy, retention

    with tools_for(settings) as tools:

        def prune() -> None:
            with tools.database.transaction() as connection:
                presence.prune(connection, tools.clock.now())
                privacy.forget_old_files(connection, tools.clock.now() - KEPT_FILES)

        def expire() -> None:
            now, until = tools.clock.now(), tools.clock.monotonic() + EXPIRING_SECONDS
            terms = retention.Terms(days=settings.retention_days, sources=settings.source_retention)
            retention.expire_by_terms(tools.database, terms, now, lambda: tools.clock.monotonic() < until)

        parts = [heartbeat(tools, "watch", name), every(60, prune, name="prune processes")]
        parts += exposed(tools)
        if settings.retention_days or any(settings.source_retention.values()):
            parts.append(every(RETENTION_SECONDS, expire, name="retention"))
        privacy_job.declare(tools.redis, settings.stream_name, tools.clock)
        delivery.declare(postman(tools))
        registry = versions(tools)
        reanalyse.declare(reanalyse.Reanalyser(tools.database, registry, tools.clock))
        drift = Drift(tools.database, registry, tools.clock, tools.metrics)
        parts.append(every(DRIFT_SECONDS, lambda: reanalyse.politely(drift.tick), name="drift"))
        models = fetcher(tools)
        fetch.declare(models, tools.clock)
        wanted = settings.model or settings.preload_model

        def preload() -> None:
            fetch.preload(tools.database, models.catalogue, models.versions, wanted, tools.clock)

        parts.append(every(PRELOAD_SECONDS, preload, name="preload the model"))
        training.declare(_training_terms(settings), tools.clock)
        parts.append(every(WATCH_SECONDS, watcher(tools).tick, name="alerts"))
        parts.append(
            Part(name="jobs", run=lambda stop: asyncio.run(jobs.run_worker(tools.database_url, stop)))
        )
        run_parts(parts, tools.clock)


def check_feed(settings: Settings, feed: Feed) -> None:
    """Raise `WrongSource`, `BadFile` or `NotBuiltYet` for a source that could never be read; nothing is started."""
    _source(settings, feed, clock=SystemClock(), stop=Event())


def _training_terms(settings: Settings) -> "Terms":
    """Return how the watcher runs training jobs: in children, which load what a watcher has no use for."""
    from groundswell.learning.jobs import Terms

    line = (sys.executable, "-P", "-m", "groundswell", "train")
    return Terms(
        command=(*line, f"--data-dir={settings.data_dir.resolve()}", "--job"),
        model=model_key(settings),
        seconds=settings.training_seconds,
        min_feedback=settings.min_feedback,
        cron=settings.retrain_cron,
    )


def run_training(settings: Settings, name: str) -> None:
    """Run one training job in this process, within its memory."""
    import resource

    most = settings.training_memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with tools_for(settings) as tools:
        trainer(tools).run(name)


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
