"""When a program that died is started again, and when we give up: pure, the time is an argument."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Death = Literal["served", "killed", "failed"]
"""How a program died: after it had served; killed from outside before it could (SIGKILL); by its own failure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartRule:
    """How patient we are with one program."""

    #: wait before the first restart; doubles with each death within the window
    first_seconds: float = 0.1
    longest_seconds: float = 10.0
    window_seconds: float = 60.0
    #: starts in a row that failed within the window before they served, after which we give up; None: never
    give_up_after: int | None = None


FOR_EVER = RestartRule()
"""Restart whatever happens, ever more slowly."""


class Restarts:
    """The deaths of one program."""

    def __init__(self, rule: RestartRule, jitter: Callable[[], float] = random.random) -> None:
        self._rule = rule
        self._jitter = jitter
        self._deaths: deque[float] = deque(maxlen=64)
        self._failed_starts: deque[float] = deque(maxlen=64)

    def delay(self, now: float, death: Death) -> float | None:
        """Note a death at `now`; return the seconds to wait before a restart, None to give up.

        Only starts that failed of themselves count towards giving up: a server that came back has
        shown that it can run, and one that was killed on its way up has shown nothing.
        """
        if death == "served":
            self._failed_starts.clear()
        elif death == "failed":
            self._failed_starts.append(now)
        self._deaths.append(now)
        limit = self._rule.give_up_after
        if limit is not None and self._recent(self._failed_starts, now) >= limit:
            return None
        doubled = self._rule.first_seconds * 2.0 ** (self._recent(self._deaths, now) - 1)
        return min(self._rule.longest_seconds, doubled) * (0.5 + self._jitter() / 2)

    def _recent(self, moments: deque[float], now: float) -> int:
        return sum(now - moment <= self._rule.window_seconds for moment in moments)
