"""Stops a worker that parks too much: that is a bad release or a broken producer, seldom so many bad posts."""

from dataclasses import dataclass
from datetime import timedelta

from groundswell.core.clock import Clock
from groundswell.observe import logger

PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 300.0
FREE = 10_000
"""What a worker without a brake on may take at once."""

log = logger("analysis")


@dataclass(frozen=True, kw_only=True, slots=True)
class BrakeRules:
    """When the brake goes on."""

    #: posts parked by all workers within the window
    limit: int = 50
    window_seconds: float = 300.0
    #: posts parked by this worker with none in between that went well
    in_a_row: int = 50


class Brake:
    """Says how many posts a worker may take next.

    It goes on when `limit` posts were parked within the window or `in_a_row` one after the
    other. Then the worker pauses for 30 seconds and resumes slowly: it takes one post, and
    twice as many after each portion that went well, until it is free again at 1,024. If it
    parks another one while the limit still holds, it pauses again, twice as long, up to five
    minutes. So a bad release parks tens of posts, not the whole stream, and a good one that
    replaces it is at full speed within seconds.

    Idea: arroyo's `DlqLimit`, getsentry/arroyo, `arroyo/dlq.py`.
    """

    def __init__(self, clock: Clock, rules: BrakeRules | None = None) -> None:
        self._clock, self._rules = clock, rules or BrakeRules()
        self._row = 0
        self._until = 0.0
        self._pause = 0.0
        self._portion = 0  # 0: free

    @property
    def is_on(self) -> bool:
        """Whether the worker pauses or resumes slowly."""
        return self._portion > 0

    @property
    def window(self) -> timedelta:
        """How far back `parked` is told to count."""
        return timedelta(seconds=self._rules.window_seconds)

    def appetite(self) -> int:
        """Return how many posts may be taken next; 0 during the pause."""
        if not self._portion:
            return FREE
        return 0 if self._clock.monotonic() < self._until else self._portion

    def parked(self, recently: int) -> None:
        """Learn that this worker parked a post, and that all of them parked `recently` within the window."""
        self._row += 1
        if recently >= self._rules.limit or self._row >= self._rules.in_a_row:
            self._go_on(recently)

    def _go_on(self, recently: int) -> None:
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS) if self._portion else PAUSE_SECONDS
        self._until = self._clock.monotonic() + self._pause
        self._portion = 1
        log.error(
            "ALARM: too many posts are parked; look at `groundswell parked list`",
            recently=recently,
            in_a_row=self._row,
            pause_seconds=self._pause,
        )

    def went_well(self) -> None:
        """Learn that a portion was handled and not all of it was parked."""
        self._row = 0
        if self._portion:
            self._portion *= 2
            if self._portion > 1024:
                self._portion, self._pause = 0, 0.0
                log.info("the brake is off again")
