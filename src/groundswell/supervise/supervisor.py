"""Keeps programs running: starts them, sees them serve, restarts what dies, stops them in order."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundswell.core.clock import Clock
from groundswell.core.errors import CannotStart
from groundswell.observe import logger
from groundswell.supervise.child import Child, Program, last_line
from groundswell.supervise.restarts import Death, Restarts

READY_SECONDS = 300.0
"""How long a program may take to serve: PostgreSQL may have to recover from a crash, the machine may be busy."""
PROGRESS_SECONDS = 5.0
PROBE_SECONDS = 0.02
IDLE_SECONDS = 1.0

log = logger("supervise")


@dataclass(kw_only=True, slots=True)
class _Watched:
    """One program, its child while it runs, and what we know of it."""

    program: Program
    restarts: Restarts
    child: Child | None = None
    serves: bool = False
    started: float = 0.0
    #: when it is started again, while it is down
    due: float | None = None


class Supervisor:
    """All programs of one process; used from its main thread only.

    `pause` waits some seconds, less when something happens; it may raise to interrupt a start.
    """

    def __init__(self, clock: Clock, pause: Callable[[float], None] | None = None) -> None:
        self._clock = clock
        self._pause = pause or clock.sleep
        self._watched: dict[str, _Watched] = {}

    def start(self, program: Program) -> None:
        """Start `program` and keep it running from now on."""
        watched = _Watched(program=program, restarts=Restarts(program.restart))
        self._watched[program.name] = watched
        self._spawn(watched)

    def pid(self, name: str) -> int | None:
        """Return the process id of a program, None while it is down."""
        watched = self._watched.get(name)
        return watched.child.pid if watched and watched.child else None

    def finished(self, name: str) -> bool:
        """Return whether a program that may finish has done its work."""
        watched = self._watched[name]
        return watched.child is None and watched.due is None

    def tend(self) -> float:
        """Look at every program once; return the seconds after which to look again.

        Raises `CannotStart` when one dies again and again.
        """
        return min((self._look(watched) for watched in self._watched.values()), default=IDLE_SECONDS)

    def await_ready(self, *names: str, seconds: float = READY_SECONDS) -> None:
        """Wait until the named programs serve.

        Raises `CannotStart` when one ends instead or does not serve within `seconds`.
        """
        started = told = self._clock.monotonic()
        while True:
            pause = self.tend()
            waiting = [watched for name in names if not (watched := self._watched[name]).serves]
            if not waiting:
                return
            now = self._clock.monotonic()
            if dead := [watched.program for watched in waiting if watched.child is None]:
                raise CannotStart(_did_not_start(dead[0]))
            if now - started > seconds:
                raise CannotStart(
                    f"{waiting[0].program.name} does not answer after {seconds:.0f} s; see its log."
                )
            if now - told > PROGRESS_SECONDS:
                told = now
                _tell_progress(waiting, round(now - started))
            self._pause(pause)

    def stop(self, names: Sequence[str], *, deadline: float, wait: Callable[[float], bool]) -> None:
        """Ask the named programs to end, wait for them, and kill what still runs at `deadline`.

        `deadline` is a reading of the clock's `monotonic`; `wait` waits some seconds and returns
        True when there is no more patience.
        """
        children = [child for name in names if (child := self._forget(name))]
        for child in children:
            child.ask_to_stop()
        hurry = False
        while left := [child for child in children if child.exit_code() is None]:
            if hurry or self._clock.monotonic() >= deadline:
                break
            hurry = wait(PROBE_SECONDS)
        for child in left:
            log.warning("did not end in time and was killed", program=child.program.name)
            child.kill()

    def names(self) -> tuple[str, ...]:
        """Return the names of all programs, in the order they were started."""
        return tuple(self._watched)

    def _forget(self, name: str) -> Child | None:
        watched = self._watched.pop(name, None)
        return watched.child if watched and watched.child and watched.child.exit_code() is None else None

    def _look(self, watched: _Watched) -> float:
        now = self._clock.monotonic()
        if watched.child is None:
            if watched.due is None:
                return IDLE_SECONDS
            if now < watched.due:
                return watched.due - now
            self._spawn(watched)
            return PROBE_SECONDS
        code = watched.child.exit_code()
        if code is not None:
            return self._bury(watched, code)
        if watched.program.pulse and watched.program.pulse.is_gone(now):
            return self._end_hung(watched.child)
        if watched.serves:
            return IDLE_SECONDS
        return self._probe(watched, watched.child, now)

    def _probe(self, watched: _Watched, child: Child, now: float) -> float:
        probe = watched.program.ready
        watched.serves = probe is None or probe(child.pid)
        if not watched.serves and now - watched.started > READY_SECONDS:
            log.error("does not answer and is killed", program=watched.program.name)
            child.kill()
        return IDLE_SECONDS if watched.serves else PROBE_SECONDS

    def _end_hung(self, child: Child) -> float:
        """Kill what shows no life: it is buried and started again at the next look, as if it had died."""
        log.error("hangs and is killed", program=child.program.name, pid=child.pid)
        child.kill()
        return PROBE_SECONDS

    def _spawn(self, watched: _Watched) -> None:
        if watched.program.before_start:
            watched.program.before_start()
        watched.child, watched.due = Child(watched.program), None
        watched.serves, watched.started = watched.program.ready is None, self._clock.monotonic()
        if watched.program.pulse:
            watched.program.pulse.begin(watched.started)
        log.debug("started", program=watched.program.name, pid=watched.child.pid)

    def _bury(self, watched: _Watched, code: int) -> float:
        program = watched.program
        watched.child = None
        if code == 0 and program.may_finish:
            log.info("finished", program=program.name)
            return IDLE_SECONDS
        delay = watched.restarts.delay(self._clock.monotonic(), _death(watched, code))
        watched.serves = False
        if delay is None:
            raise CannotStart(_did_not_start(program))
        watched.due = self._clock.monotonic() + delay
        log.warning("died and is started again", program=program.name, exit_code=code, wait=round(delay, 2))
        return delay


def _death(watched: _Watched, code: int) -> Death:
    if watched.serves and watched.program.ready is not None:
        return "served"
    return "killed" if code == -signal.SIGKILL else "failed"


def _tell_progress(waiting: Sequence[_Watched], seconds: int) -> None:
    for watched in waiting:
        program = watched.program
        said = {"says": line} if (line := last_line(program.log)) else {}
        log.info("still starting", program=program.name, seconds=seconds, **said)


def _did_not_start(program: Program) -> str:
    if program.log is None:
        return f"{program.name} does not start; the lines above say why."
    return (
        f"{program.name} does not start: {last_line(program.log) or 'it said nothing'} (see {program.log})."
    )
