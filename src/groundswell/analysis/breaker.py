"""A circuit breaker: stops calling what fails, and finds out by a single call when it is back.

Source: M. Nygard, "Release It!", 2nd ed., chapter 5. A pure state machine: it makes no calls and has
no threads; time comes from a clock. Safe to use from several threads.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from groundswell.core.clock import Clock

State = Literal["CLOSED", "OPEN", "HALF_OPEN"]

KEPT_TRANSITIONS = 10
"""Changes of state that are remembered, the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerRules:
    """When a breaker opens, and for how long."""

    #: failures within the window that open it
    max_failures: int = 3
    window_seconds: float = 300.0
    #: how long no call is made before one may try; a probe that is silent for so long is given up
    open_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """A change of state."""

    at: datetime
    before: State
    after: State
    #: what brought it about, in words
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerStatus:
    """A breaker at one moment."""

    name: str
    state: State
    #: failures that count within the window
    failure_count: int
    #: times it has opened out of CLOSED
    activations: int
    #: None while it is CLOSED
    opened_at: datetime | None
    #: when the next call may try; None while it is CLOSED
    retry_at: datetime | None
    last_failure: str
    transitions: tuple[Transition, ...]


class Call:
    """Leave to make one call; its first report counts, further ones do not.

    A call that began before the breaker changed its state says nothing about the present one, and
    is not heard.
    """

    __slots__ = ("_breaker", "epoch", "is_probe")

    def __init__(self, breaker: "Breaker", epoch: int, is_probe: bool) -> None:
        self._breaker, self.epoch, self.is_probe = breaker, epoch, is_probe

    def succeeded(self) -> None:
        """Report that the call was answered in time."""
        self._breaker.hear(self, None)

    def failed(self, why: str) -> None:
        """Report that it was not answered, or too late."""
        self._breaker.hear(self, why or "failed")

    def abandon(self) -> None:
        """Report that the call says nothing: it was the caller's own input that was bad."""
        self._breaker.forget(self)


class Breaker:
    """The breaker of one backend.

    CLOSED: calls are made; `max_failures` failures within the window open it. OPEN: none is made;
    after `open_seconds` the next one is let through as a probe. HALF_OPEN: the probe is out, no
    other call is made; its success closes the breaker, its failure opens it again.
    """

    def __init__(
        self,
        name: str,
        rules: BreakerRules,
        clock: Clock,
        on_change: Callable[[str, Transition], None] | None = None,
    ) -> None:
        self.name = name
        self._rules, self._clock, self._on_change = rules, clock, on_change
        self._lock = threading.Lock()
        self._state: State = "CLOSED"
        self._epoch = 0
        self._probe: Call | None = None
        self._probe_since = 0.0
        self._failures: deque[float] = deque(maxlen=rules.max_failures)
        self._opened_at: datetime | None = None
        self._retry = 0.0
        self._activations = 0
        self._last_failure = ""
        self._transitions: deque[Transition] = deque(maxlen=KEPT_TRANSITIONS)

    def allow(self) -> Call | None:
        """Return leave to make one call, to be reported on, or None when none may be made now."""
        with self._lock:
            if not self._may():
                return None
            if self._state == "CLOSED":
                return Call(self, self._epoch, is_probe=False)
            if self._state == "OPEN":
                self._go("HALF_OPEN", "time to try again")
            # a probe that was never heard of again is given up for a new one
            self._probe, self._probe_since = Call(self, self._epoch, is_probe=True), self._clock.monotonic()
            return self._probe

    def would_allow(self) -> bool:
        """Tell whether a call might be made now; `allow` decides."""
        with self._lock:
            return self._may()

    def _may(self) -> bool:
        if self._state == "CLOSED":
            return True
        now = self._clock.monotonic()
        if self._state == "OPEN":
            return now >= self._retry
        return self._probe is None or now - self._probe_since >= self._rules.open_seconds

    def hear(self, call: Call, failure: str | None) -> None:
        """Take in the report of a call; `failure` says what was wrong, None that all was well."""
        with self._lock:
            if not self._counts(call):
                return
            if failure is not None:
                self._count_failure(failure)
            elif call.is_probe:
                self._close("the probe was answered")

    def forget(self, call: Call) -> None:
        """Take back a call that says nothing; after a probe, another one may go."""
        with self._lock:
            if self._counts(call) and call.is_probe:
                self._probe = None

    def _counts(self, call: Call) -> bool:
        """Tell whether a call speaks of the present state, and for the first time."""
        if call.epoch != self._epoch or (call.is_probe and call is not self._probe):
            return False
        call.epoch = -1
        return True

    def _count_failure(self, why: str) -> None:
        self._last_failure = why
        now = self._clock.monotonic()
        self._failures.append(now)
        if self._state == "HALF_OPEN":
            self._open(f"the probe failed: {why}")
        elif (
            len(self._failures) == self._rules.max_failures
            and now - self._failures[0] <= self._rules.window_seconds
        ):
            self._activations += 1
            self._opened_at = self._clock.now()
            self._open(f"{self._rules.max_failures} failures, the last: {why}")

    def _open(self, why: str) -> None:
        self._retry = self._clock.monotonic() + self._rules.open_seconds
        self._go("OPEN", why)

    def _close(self, why: str) -> None:
        self._failures.clear()
        self._opened_at = None
        self._go("CLOSED", why)

    def _go(self, state: State, why: str) -> None:
        transition = Transition(at=self._clock.now(), before=self._state, after=state, why=why)
        self._state, self._probe = state, None
        self._epoch += 1
        self._transitions.append(transition)
        if self._on_change:
            self._on_change(self.name, transition)

    def reset(self, why: str = "reset by hand") -> None:
        """Close it and forget the failures; calls under way are not heard any more."""
        with self._lock:
            if self._state == "CLOSED":
                self._failures.clear()
                self._epoch += 1
            else:
                self._close(why)

    def status(self) -> BreakerStatus:
        """Return how it stands."""
        with self._lock:
            now = self._clock.monotonic()
            recent = [at for at in self._failures if now - at <= self._rules.window_seconds]
            return BreakerStatus(
                name=self.name,
                state=self._state,
                failure_count=len(recent),
                activations=self._activations,
                opened_at=self._opened_at,
                retry_at=self._retry_at(now),
                last_failure=self._last_failure,
                transitions=tuple(self._transitions),
            )

    def _retry_at(self, now: float) -> datetime | None:
        if self._state == "CLOSED":
            return None
        if self._state == "OPEN":
            left = self._retry - now
        else:  # the probe is out; should it never report, another one goes then
            left = self._probe_since + self._rules.open_seconds - now if self._probe else 0.0
        return self._clock.now() + timedelta(seconds=max(0.0, left))
