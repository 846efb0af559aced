"""What Groundswell is made of: the parts of each role, in the order they start; they stop in reverse."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from groundswell import __version__
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import BadSettings, NotRunning, StopRequested
from groundswell.embedded import DataFolder, EmbeddedServers, Servers, running
from groundswell.observe import logger
from groundswell.settings import Settings, host_name
from groundswell.supervise.child import Program
from groundswell.supervise.http import answers, free_port
from groundswell.supervise.restarts import RestartRule
from groundswell.supervise.signals import Signals
from groundswell.supervise.supervisor import Supervisor

PSEUDONYM_FILE = "pseudonym.key"
WORKER_NICENESS = 5
"""Workers give way to the API, so that people do not wait for a backlog."""

log = logger("roles")


# --- up: everything on one machine, each role a process of its own ---------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What `up` reads posts from."""

    spec: str
    rate: float | None = None
    speed: float | None = None
    once: bool = False

    def arguments(self) -> Iterator[str]:
        """Return the arguments of `groundswell ingest`."""
        yield self.spec
        if self.rate is not None:
            yield f"--rate={self.rate}"
        if self.speed is not None:
            yield f"--speed={self.speed}"
        if self.once:
            yield "--once"


def up(settings: Settings, feed: Feed | None, *, on_ready: Callable[[str], None]) -> None:
    """Run servers, API, workers, watcher and source until a stop signal; then end them in order.

    `on_ready` is told the page's address. Raises `DataFolderBusy` or `CannotStart`.
    """
    clock, folder = SystemClock(), DataFolder(root=settings.data_dir.resolve())
    with Signals() as signals, folder.lock(clock):
        supervisor = Supervisor(clock, signals.pause)
        try:
            port = settings.port or free_port(settings.host)
            _start_servers(settings, folder, supervisor, clock, signals.pause)
            _migrate(settings, supervisor, signals.pause)
            for program in _programs(settings, port, feed):
                supervisor.start(program)
            supervisor.await_ready("api")
            on_ready(f"http://{settings.host}:{port}")
            while True:
                signals.pause(supervisor.tend())
        except StopRequested:
            log.info("stopping")
        finally:
            stop_in_order(supervisor, clock, signals.wait)
            folder.tell_nothing()


def _start_servers(
    settings: Settings,
    folder: DataFolder,
    supervisor: Supervisor,
    clock: Clock,
    pause: Callable[[float], None],
) -> None:
    """Start what no URL is given for, and tell other commands where everything is."""
    database_url, redis_url = settings.external_database, settings.external_redis
    if database_url is None:
        folder.secret(PSEUDONYM_FILE)
    pseudonym_secret(settings)
    if database_url is None or redis_url is None:
        embedded = EmbeddedServers(folder, postgres=database_url is None, valkey=redis_url is None)
        embedded.start(supervisor, clock, pause)
        database_url = embedded.postgres.url if embedded.postgres else database_url
        redis_url = embedded.valkey.url if embedded.valkey else redis_url
    folder.tell(Servers(database_url=database_url or "", redis_url=redis_url or "", pid=os.getpid()))


def _migrate(settings: Settings, supervisor: Supervisor, pause: Callable[[float], None]) -> None:
    """Bring the schema up to date, in a child: what that loads is gone when it ends."""
    supervisor.start(_role(settings, "migrate", may_finish=True, restart=RestartRule(give_up_after=3)))
    while not supervisor.finished("migrate"):
        pause(supervisor.tend())


def _programs(settings: Settings, port: int, feed: Feed | None) -> Iterator[Program]:
    at = (f"--host={settings.host}", f"--port={port}")
    yield _role(settings, "api", *at, ready=lambda _: answers(settings.host, port, "/health/live"))
    for number in range(1, settings.worker_count + 1):
        name = f"worker-{number}"
        yield _role(settings, "worker", f"--name={name}", name=name, nice=WORKER_NICENESS)
    yield _role(settings, "watch")
    if feed:
        yield _role(settings, "ingest", *feed.arguments(), reads_stdin=True, may_finish=True)


def _role(settings: Settings, command: str, *arguments: str, name: str | None = None, **how: object) -> Program:
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


# --- where things are: for every role and command --------------------------------------------------


def servers(settings: Settings) -> Servers:
    """Return the servers to talk to: the given ones, else those of the `up` in the data folder.

    Raises `NotRunning` when neither is there.
    """
    database_url, redis_url = settings.external_database, settings.external_redis
    if database_url and redis_url:
        return Servers(database_url=database_url, redis_url=redis_url, pid=0)
    found = running(settings.data_dir.resolve())
    return Servers(
        database_url=database_url or found.database_url, redis_url=redis_url or found.redis_url, pid=found.pid
    )


def pseudonym_secret(settings: Settings) -> bytes:
    """Return the key of pseudonyms and post keys.

    Raises `BadSettings` when an external database comes without one: made up anew it would make
    every known author and post a stranger.
    """
    if settings.pseudonym_key:
        return settings.pseudonym_key.get_secret_value().encode()
    kept = settings.data_dir / PSEUDONYM_FILE
    if settings.external_database:
        raise BadSettings(
            "Set GROUNDSWELL_PSEUDONYM_KEY to a long random secret and keep it: "
            "with a database of your own it cannot be made up."
        )
    if not kept.exists():
        raise NotRunning
    return kept.read_text().strip().encode()
