"""One child process, tied to us: when we end in whatever way, the kernel ends it too."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from groundswell.supervise.pulse import Pulse
from groundswell.supervise.restarts import FOR_EVER, RestartRule

IF_PARENT_LIVES = 'test "$PPID" = "$0" && exec "$@"'
"""Closes the race in which we die before the child has asked the kernel for its death signal."""

LOG_BYTES = 10_000_000
"""A log larger than this is put aside (one generation) when its program starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What to run, and how it is watched and stopped."""

    #: names it in log lines, e.g. `postgres` or `worker-1`
    name: str
    command: tuple[str, ...]
    #: what asks it to end
    stop_signal: signal.Signals = signal.SIGTERM
    #: what the kernel sends it when we die ourselves
    orphan_signal: signal.Signals = signal.SIGKILL
    #: commands that change who it runs as; first, because changing it forgets the death signal
    identity: tuple[str, ...] = ()
    #: added to its niceness, so that others go first
    nice: int = 0
    #: where its output goes; None: where ours goes
    log: Path | None = None
    #: True for a source that reads our standard input
    reads_stdin: bool = False
    #: run before every start
    before_start: Callable[[], None] | None = None
    #: asked with the pid whether it serves yet; None: it does as soon as it runs
    ready: Callable[[int], bool] | None = None
    #: what shows that it does not hang; None: it is not watched for that
    pulse: Pulse | None = None
    #: True when exit code 0 means its work is done
    may_finish: bool = False
    restart: RestartRule = FOR_EVER


def tied(command: tuple[str, ...], on_death: signal.Signals) -> tuple[str, ...]:
    """Return `command` so that the kernel sends it `on_death` when the thread that spawns it ends.

    `setpriv` instead of a `preexec_fn`, which is not safe in a process with threads. prctl(2),
    PR_SET_PDEATHSIG.
    """
    death = ("setpriv", "--pdeathsig", on_death.name.removeprefix("SIG"))
    return (*death, "sh", "-c", IF_PARENT_LIVES, str(os.getpid()), *command)


class Child:
    """A running program."""

    def __init__(self, program: Program) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("A child dies with the thread that made it: spawn from the main thread.")
        self.program = program
        nice = ("nice", "-n", str(program.nice)) if program.nice else ()
        with ExitStack() as stack:
            log = stack.enter_context(_open_log(program.log)) if program.log else None
            self._process = subprocess.Popen(
                (*nice, *program.identity, *tied(program.command, program.orphan_signal)),
                stdin=None if program.reads_stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, so that we decide the order
            )

    @property
    def pid(self) -> int:
        """Its process id; every wrapper before the program replaces itself with the next."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, negative for a signal, or None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal."""
        self._process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End it at once and collect it."""
        self._process.kill()
        self._process.wait(10)


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def last_line(log: Path | None) -> str:
    """Return the last line of a log, or an empty string."""
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
