"""Servers that an earlier `up` left behind: found by what they are, waited for, then ended."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from groundswell.core.clock import Clock
from groundswell.core.errors import CannotStart
from groundswell.observe import logger

PATIENCE = ((signal.SIGINT, 10.0), (signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
"""Signals a left-over server gets in turn, and the seconds it has before each."""

log = logger("embedded")


def find(folder: Path, program: str) -> list[int]:
    """Return the processes called `program` that work in `folder`.

    Both servers make their data their working folder, and so do all of PostgreSQL's processes,
    also those that outlive a killed postmaster. A number in a pid file proves nothing: it may
    belong to anyone by now.
    """
    return [pid for pid in _pids() if _name(pid) == program and _works_in(pid, folder)]


def end(folder: Path, program: str, clock: Clock, pause: Callable[[float], None]) -> None:
    """Wait for left-over processes to end, and make them end: two writers would destroy the data."""
    for number, seconds in PATIENCE:
        deadline = clock.monotonic() + seconds
        while pids := find(folder, program):
            if clock.monotonic() > deadline:
                break
            pause(0.02)
        if not pids:
            return
        log.warning("a left-over server is told to end", program=program, pids=pids, signal=number.name)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    deadline = clock.monotonic() + 5
    while find(folder, program):
        if clock.monotonic() > deadline:
            raise CannotStart(f"An earlier {program} still runs in {folder} and cannot be ended.")
        pause(0.02)


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _works_in(pid: int, folder: Path) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    return False
