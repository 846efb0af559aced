"""Servers that an earlier `up` left behind: found by what they are, waited for, then ended."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from groundswell.core.clock import Clock
from groundswell.core.errors import CannotStart
from groundswell.observe import logger

PATIENCE = ((2.0, signal.SIGINT), (30.0, signal.SIGKILL))
"""Seconds a left-over server has to end by itself, and what it is sent then, in turn.

SIGINT makes both servers shut down in order; PostgreSQL may have much to write first.
"""
LAST_SECONDS = 5.0

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
    for seconds, number in PATIENCE:
        if not (pids := _survivors(folder, program, clock, pause, seconds)):
            return
        log.warning("a left-over server is told to end", program=program, pids=pids, signal=number.name)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    if _survivors(folder, program, clock, pause, LAST_SECONDS):
        raise CannotStart(f"An earlier {program} still runs in {folder} and cannot be ended.")


def _survivors(
    folder: Path, program: str, clock: Clock, pause: Callable[[float], None], seconds: float
) -> list[int]:
    """Wait at most `seconds` for all of them to end; return those that have not."""
    deadline = clock.monotonic() + seconds
    while (pids := find(folder, program)) and clock.monotonic() < deadline:
        pause(0.02)
    return pids


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
