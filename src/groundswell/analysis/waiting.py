"""What waits to be read: so much and no more; the short before the long, the late and the abandoned not at all.

The ideas are those of text-embeddings-inference (`core/src/queue.rs`): a permit at the door, batches by a budget of
tokens, and no work for those who have gone.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from groundswell.core.errors import Busy, GroundswellError, ModelUnavailable
from groundswell.core.mood import Reading
from groundswell.core.text import tokens
from groundswell.models.port import Model

CALL_TOKENS = 512
"""Tokens of different callers that are read together: some twenty posts. More would make those who come next wait
longer and read hardly faster (measured, `benchmarks/serving.py`)."""
MOST_SHORT, MOST_LONG = 512, 16
"""Wishes that wait at most: of up to `CALL_TOKENS`, and of more."""
ALWAYS_WELCOME = 48
"""So many short wishes may wait however slow the machine is: a burst is no overload."""

Reason = Literal["full", "gone", "late"]


@dataclass(slots=True, eq=False)
class Wish:
    """What one caller wants read."""

    texts: Sequence[str]
    #: moment of the clock after which nobody waits for it
    deadline: float
    #: called once, from any thread, when `answer` is there
    on_done: Callable[[], None]
    asked_at: float
    tokens: int = field(init=False)
    answer: list[Reading] | GroundswellError = field(default_factory=ModelUnavailable)
    #: the version that read it
    model: Model | None = None
    is_abandoned: bool = False
    is_done: bool = False

    def __post_init__(self) -> None:
        self.tokens = sum(map(tokens, self.texts))

    @property
    def is_long(self) -> bool:
        """Whether it fills a call by itself."""
        return self.tokens > CALL_TOKENS

    def settle(self, answer: list[Reading] | GroundswellError, model: Model | None = None) -> None:
        """Hand over the answer; the first one counts."""
        if not self.is_done:
            self.answer, self.model = answer, model
            self.end()

    def end(self) -> None:
        """Wake the caller, whatever the answer is by now."""
        if not self.is_done:
            self.is_done = True
            self.on_done()


class WaitingRoom:
    """The queue of one backend; whoever uses it holds the backend's lock.

    It is full when its limit of wishes is reached, or when the first in line has waited longer than `most_seconds`:
    then work comes faster than it is done, and one more would only wait longer.
    """

    def __init__(
        self, *, most_seconds: float = math.inf, note: Callable[[Reason], None] | None = None
    ) -> None:
        self._most_seconds, self._note = most_seconds, note or (lambda _: None)
        self._short: deque[Wish] = deque()
        self._long: deque[Wish] = deque()
        self._is_long_next = False
        #: of the short wishes
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._short) + len(self._long)

    def has(self, *, long: bool) -> bool:
        """Tell whether there is something to take; `long`: whether a long wish may be taken."""
        return bool(self._short or (long and self._long))

    def admit(self, wish: Wish) -> None:
        """Let a wish in; raises `Busy` when there is no room."""
        if self._is_full(wish):
            self._note("full")
            raise Busy
        (self._long if wish.is_long else self._short).append(wish)
        self.tokens += 0 if wish.is_long else wish.tokens

    def _is_full(self, wish: Wish) -> bool:
        if wish.is_long:
            return len(self._long) >= MOST_LONG
        if not self._short or len(self._short) < ALWAYS_WELCOME:
            return False
        waited = wish.asked_at - self._short[0].asked_at
        return len(self._short) >= MOST_SHORT or waited > self._most_seconds

    def take(self, now: float, *, long: bool) -> list[Wish]:
        """Return what goes into the next call: one long wish, if it may be and it is its turn, or short ones.

        Those that nobody waits for any more are dropped; so nothing may come although something waited.
        """
        if long and self._long and (self._is_long_next or not self._short):
            self._is_long_next = False
            wish = self._long.popleft()
            return [wish] if self._is_wanted(wish, now) else []
        self._is_long_next = True
        taken: list[Wish] = []
        size = 0
        while self._short and (not taken or size + self._short[0].tokens <= CALL_TOKENS):
            wish = self._short.popleft()
            self.tokens -= wish.tokens
            if self._is_wanted(wish, now):
                taken.append(wish)
                size += wish.tokens
        return taken

    def _is_wanted(self, wish: Wish, now: float) -> bool:
        if not wish.is_abandoned and now < wish.deadline:
            return True
        self._note("gone" if wish.is_abandoned else "late")
        wish.end()
        return False
