"""Signals as something the main thread waits for, instead of code that runs anywhere."""

import select
import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Self

from groundswell.core.errors import StopRequested

STOP = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that mean "finish what is begun, then end"."""


class Signals:
    """While entered, a stop signal or the end of a child wakes `wait`; main thread only.

    A handler that sets a `threading.Event` can dead-lock with the thread that waits for it
    (the event's lock is not re-entrant); a wake-up socket cannot.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def __enter__(self) -> Self:
        self._handlers = {number: signal.signal(number, _ignore) for number in (*STOP, signal.SIGCHLD)}
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`, less if anything happens; return whether a stop was asked for."""
        ready, _, _ = select.select([self._reader], [], [], max(0.0, seconds))
        return bool(ready) and not STOP.isdisjoint(self._reader.recv(4096))

    def pause(self, seconds: float) -> None:
        """Wait like `wait`; raise `StopRequested` when a stop was asked for."""
        if self.wait(seconds):
            raise StopRequested

    def wake(self) -> None:
        """Wake the waiting main thread from another thread."""
        # full: there are reasons enough to wake up; closed: nobody waits for this thread any more
        with suppress(OSError):
            self._writer.send(b"\0")


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the wake-up socket has been written to already."""
    del number, frame
