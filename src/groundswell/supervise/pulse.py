"""A sign of life that needs no server: a file that a program touches while its work goes on."""

import os
from collections.abc import Callable
from pathlib import Path

from groundswell.supervise.parts import Part, every

BEAT_SECONDS = 1.0
HUNG_AFTER_SECONDS = 120.0
"""Without a pulse for so long, a program hangs. Four times what a worker gives its model (30 s); while a server is
away, or a backlog is large, its loop turns all the same."""
FIRST_BEAT_SECONDS = 300.0
"""Time to begin: a program that starts loads code and a model first, which on a busy machine takes minutes. Killing it
then would make it begin again, and the machine busier."""


def pulse(file: Path, turned_at: Callable[[], float]) -> Part:
    """Return the part that touches `file` whenever `turned_at` has changed since it last looked."""
    seen: list[float] = []

    def beat() -> None:
        if seen != [now := turned_at()]:
            seen[:] = [now]
            touch(file)

    return every(BEAT_SECONDS, beat, name="pulse")


def touch(file: Path) -> None:
    """Beat once."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    os.utime(file)


class Pulse:
    """The pulse of one program, felt from outside; times are readings of one monotonic clock.

    Only that the file changes counts, never its age: clocks are set, and machines sleep.
    """

    def __init__(
        self,
        file: Path,
        *,
        hung_after_seconds: float = HUNG_AFTER_SECONDS,
        first_beat_seconds: float = FIRST_BEAT_SECONDS,
    ) -> None:
        self._file, self._most, self._first = file, hung_after_seconds, first_beat_seconds
        self._felt: int | None = None
        self._has_begun = False
        self._felt_at = 0.0

    def begin(self, now: float) -> None:
        """Count from now on: the program has just been started."""
        self._felt, self._felt_at, self._has_begun = self._read(), now, False

    def is_gone(self, now: float) -> bool:
        """Tell whether it has not been felt for too long."""
        felt = self._read()
        if felt != self._felt:
            self._felt, self._felt_at, self._has_begun = felt, now, True
        return now - self._felt_at > (self._most if self._has_begun else self._first)

    def _read(self) -> int | None:
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return None
