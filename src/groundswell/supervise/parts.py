"""The parts of one process: threads started in order, stopped in reverse, none of them unnoticed when it ends."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError
from groundswell.observe import logger
from groundswell.supervise.signals import Signals

DRAIN_SECONDS = 8.0
"""What a process has to finish what it began; a supervisor waits a little longer before it kills."""
LOOK_SECONDS = 1.0

log = logger("supervise")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Something that works until its stop event is set, or until it is done."""

    name: str
    run: Callable[[threading.Event], None]


class _Thread(threading.Thread):
    """A part at work; a daemon, so that one that hangs cannot keep the process alive."""

    def __init__(self, part: Part, at_end: Callable[[], None]) -> None:
        super().__init__(name=part.name, daemon=True)
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._part = part
        self._at_end = at_end

    def run(self) -> None:
        try:
            self._part.run(self.stop)
        except BaseException as error:  # noqa: BLE001  (the main thread raises it again)
            self.error = error
        finally:
            self._at_end()


def run_parts(parts: Sequence[Part], clock: Clock) -> None:
    """Run `parts` until a stop signal or until one of them ends; main thread only.

    The end of any part ends the process, because a process that has lost a part looks alive and
    is not. Raises what the part raised.
    """
    with Signals() as signals:
        threads = [_Thread(part, signals.wake) for part in parts]
        for thread in threads:
            thread.start()
        while all(thread.is_alive() for thread in threads) and not signals.wait(LOOK_SECONDS):
            pass
        _stop(threads, clock)
    for thread in threads:
        if thread.error:
            raise thread.error


def _stop(threads: Sequence[_Thread], clock: Clock) -> None:
    deadline = clock.monotonic() + DRAIN_SECONDS
    for thread in reversed(threads):
        thread.stop.set()
        thread.join(max(0.0, deadline - clock.monotonic()))
        if thread.is_alive():
            log.warning("did not end in time", part=thread.name)


def every(
    seconds: float, chore: Callable[[], object], *, name: str, farewell: Callable[[], object] | None = None
) -> Part:
    """Return a part that does `chore` at once and then every `seconds`, and `farewell` at the end.

    A failure is logged once, and the chore tried again the next time.
    """

    def run(stop: threading.Event) -> None:
        well = True
        while not stop.is_set():
            well = _done(chore, name, well)
            stop.wait(seconds)
        if farewell:
            _done(farewell, name, well)

    return Part(name=name, run=run)


def _done(chore: Callable[[], object], name: str, well: bool) -> bool:
    """Do `chore` and return whether it succeeded; `well` says whether it did the last time."""
    try:
        chore()
    except Exception as error:  # noqa: BLE001  (an outage of any server; the next time may succeed)
        if well:
            says = error.message if isinstance(error, GroundswellError) else str(error)
            log.warning("failed and is tried again", chore=name, says=says)
        return False
    return True
