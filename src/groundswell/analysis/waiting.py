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
"""Most tokens of different callers that are read together: some twenty posts."""
MOST_SHORT, MOST_LONG = 512, 16
"""Wishes that wait at most: of up to `CALL_TOKENS`, and of more."""
BURST = 32
"""So many short wishes may wait however slow the machine is: a burst is no overload."""
REST_SECONDS = 0.02
"""Whoever had nothing to read for so long has rested: the burst, or the overload, is over."""
LATEST = 0.1
"""Weight of the latest call in what a token is known to take."""

Reason = Literal["full", "gone", "late"]


@dataclass(slots=True, eq=False)
class Wish:
    """What one caller wants read."""

    texts: Sequence[str]
    #: moment of the clock after which nobody waits for it
    deadline: float
    #: called once, from any thread, when `answer` is there
    on_done: Callable[[], None]
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

    It is full when its limit of wishes is reached. It is crowded from when `BURST` wait, and one more would wait longer
    than `most_seconds` as far as is known from how long calls `took`, until one of its readers has `rested`: then work
    comes faster than it is done, and whoever would wait longer than that is turned away, so that those let in are
    answered soon. Short wishes are shared among all readers, so that whoever comes next finds one of them free.
    """

    def __init__(
        self,
        *,
        most_seconds: float = math.inf,
        note: Callable[[Reason], None] | None = None,
        readers: int = 1,
    ) -> None:
        """`readers`: how many take from it."""
        self._readers = readers
        self._most_seconds, self._note = most_seconds, note or (lambda _: None)
        self._short: deque[Wish] = deque()
        self._long: deque[Wish] = deque()
        self._is_long_next = False
        #: of the short wishes
        self.tokens = 0
        self._is_crowded = False
        self._seconds_per_token = 0.0

    def __len__(self) -> int:
        return len(self._short) + len(self._long)

    def has(self, *, long: bool) -> bool:
        """Tell whether there is something to take; `long`: whether a long wish may be taken."""
        return bool(self._short or (long and self._long))

    def rested(self) -> None:
        """Note that one of the readers had nothing to do for a while."""
        self._is_crowded = False

    def took(self, tokens: int, seconds: float) -> None:
        """Note how long one call of so many tokens took."""
        latest = seconds / max(1, tokens)
        known = self._seconds_per_token or latest
        self._seconds_per_token = known + LATEST * (latest - known)

    def admit(self, wish: Wish) -> None:
        """Let a wish in; raises `Busy` when there is no room."""
        if self.turns_away(long=wish.is_long):
            raise Busy
        (self._long if wish.is_long else self._short).append(wish)
        self.tokens += 0 if wish.is_long else wish.tokens

    def turns_away(self, *, long: bool = False) -> bool:
        """Tell whether a wish that comes now finds no room, and note it if so."""
        is_full = len(self._long) >= MOST_LONG if long else self._is_full()
        if is_full:
            self._note("full")
        return is_full

    def _is_full(self) -> bool:
        waiting = len(self._short)
        if waiting >= MOST_SHORT:
            return True
        if self.tokens * self._seconds_per_token / self._readers <= self._most_seconds:
            return False
        self._is_crowded = self._is_crowded or waiting >= BURST
        return self._is_crowded

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
        size, most = 0, min(CALL_TOKENS, math.ceil(self.tokens / self._readers))
        while self._short and (not taken or size + self._short[0].tokens <= most):
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
