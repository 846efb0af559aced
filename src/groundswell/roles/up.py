"""`up`: everything on one machine, each role a process of its own under one supervisor."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from signal import SIGKILL
from subprocess import TimeoutExpired, run

from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import BadSettings, StopRequested
from groundswell.embedded import DataFolder
from groundswell.guard import admin_key
from groundswell.installation import start_servers
from groundswell.observe import logger
from groundswell.roles.ingest import Feed
from groundswell.settings import Settings
from groundswell.supervise.child import Program, tied
from groundswell.supervise.exposition import is_loopback
from groundswell.supervise.http import answers, claim_port
from groundswell.supervise.pulse import Pulse
from groundswell.supervise.restarts import RestartRule
from groundswell.supervise.signals import Signals
from groundswell.supervise.supervisor import Supervisor
from groundswell.toolbox import exposed_where

WORKER_NICENESS = 5
"""Workers give way to the API, so that people do not wait for a backlog."""

log = logger("roles")


def run_up(settings: Settings, feed: Feed | None, *, on_ready: Callable[[str], None]) -> None:
    """Run servers, API, workers, watcher and source until a stop signal; then end them in order.

    `on_ready` is told the page's address. Raises `DataFolderBusy` or `CannotStart`.
    """
    clock, folder = SystemClock(), DataFolder(root=settings.data_dir.resolve())
    exposed_where(settings)  # said here: each child would say it by itself, and again
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


WRONG_USE = 2
"""How a command ends that can only be called otherwise."""


def _refuse_open(settings: Settings) -> None:
    """Ask a child whether others could come in without a key: what that loads is gone when it ends.

    Raises `BadSettings` in the child's words. A child that cannot find out refuses nothing: the API asks again when it
    starts, and serves no one before it knows. On loopback there is nothing to ask, and the start is that much quicker.
    """
    if is_loopback(settings.host) and not admin_key(settings):
        return
    folder = f"--data-dir={settings.data_dir.resolve()}"
    line = (sys.executable, "-P", "-m", "groundswell", "keys", "check", f"--host={settings.host}", folder)
    try:
        asked = run(tied(line, SIGKILL), capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - ours
    except TimeoutExpired:
        return
    if asked.returncode == WRONG_USE:
        raise BadSettings(asked.stderr.strip().rpartition("\n")[2].removeprefix("groundswell: "))


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


STOP_ORDER: Sequence[tuple[frozenset[str], float]] = (
    # what is stopped side by side, and the second at which what is left of it is killed
    (frozenset({"ingest", "api"}), 3.5),
    (frozenset({"worker", "watch", "migrate"}), 7.0),
    (frozenset({"valkey"}), 8.0),
    (frozenset({"postgres"}), 9.5),
)
"""First what brings posts, last what keeps them: all of it in under ten seconds."""


def stop_in_order(supervisor: Supervisor, clock: Clock, wait: Callable[[float], bool]) -> None:
    """End every program; another stop signal ends patience with the one at hand."""
    started = clock.monotonic()
    for kinds, seconds in STOP_ORDER:
        names = [name for name in supervisor.names() if name.partition("-")[0] in kinds]
        supervisor.stop(names, deadline=started + seconds, wait=wait)
