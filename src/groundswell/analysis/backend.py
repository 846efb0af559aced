"""One model behind a breaker: what is asked at the same time is read together, and nobody waits beyond his time."""

import asyncio
import math
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from groundswell.analysis.breaker import Breaker, Call
from groundswell.analysis.waiting import CALL_TOKENS, REST_SECONDS, WaitingRoom, Wish
from groundswell.core.clock import Clock
from groundswell.core.errors import (
    Busy,
    GroundswellError,
    InvalidInput,
    ModelDeclines,
    ModelUnavailable,
    UnreadableText,
)
from groundswell.core.mood import Reading
from groundswell.models.port import Model, Patience
from groundswell.observe import logger

MOST_LOST = 8
"""Threads whose call never came back; with so many no further call is made until one does."""
NEARLY_ALL = 0.9
"""Share of its time after which a call is late when a caller gives up on it: it began a moment after he came."""
IDLE_SECONDS = 30.0
PLAIN_TEXT = "a fine day"
"""What every sound model can read."""

log = logger("analysis")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one version read."""

    readings: list[Reading]
    model: Model


@dataclass(slots=True, eq=False)
class _Job:
    """One call under way."""

    call: Call
    began_at: float
    most_seconds: float
    tokens: int
    is_long: bool


class Backend:
    """Reads texts with the model that `current` returns at that moment, one version a call.

    Wishes that wait while a call is under way go into the next call together, up to a budget of tokens. A long wish
    has a call of its own, and only one of several threads: the short ones have the others. A call without an
    answer in time counts as a failure, and its thread is written off: it ends when the call does.
    """

    is_far = False
    """Whether it is asked over the network, by somebody else's leave: then a caller's deadline cuts its time short."""

    def __init__(
        self,
        name: str,
        current: Callable[[], Model | None],
        breaker: Breaker,
        *,
        clock: Clock,
        patience: Patience,
        threads: int = 1,
        room: WaitingRoom | None = None,
        window_seconds: float = 0.0,
    ) -> None:
        self.name, self.breaker, self.patience = name, breaker, patience
        self._current, self._clock, self._most_threads = current, clock, threads
        self._window = window_seconds
        self._door = threading.Condition()
        self._waiting = WaitingRoom() if room is None else room
        self._threads: dict[threading.Thread, _Job | None] = {}
        self._lost: set[threading.Thread] = set()
        self._idle = 0

    @property
    def model(self) -> Model | None:
        """The model that would answer now; None while there is none."""
        return self._current()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, all by one version; raises like `ask`."""
        return self.ask(texts).readings if texts else []

    def ask(self, texts: Sequence[str], within: float = math.inf) -> Answer:
        """Read texts with one version; the caller waits for `within` seconds at most.

        Raises `ModelUnavailable` at once when no call may be made, or as soon as it has failed or
        the time is up; `InvalidInput` when a text cannot be read; `Busy` when too many wait.
        """
        done = threading.Event()
        wish = self._hand_in(texts, done.set)
        if not done.wait(min(within, self.patience.of(len(texts), wish.tokens))):
            self._give_up(wish)
        return _outcome(wish)

    async def ask_soon(self, texts: Sequence[str], within: float = math.inf) -> Answer:
        """Do as `ask` does without holding a thread; a caller that is cancelled is not read for any more."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        wish = self._hand_in(texts, lambda: _tell(loop, done))
        try:
            async with asyncio.timeout(min(within, self.patience.of(len(texts), wish.tokens))):
                await done
        except TimeoutError:
            self._give_up(wish)
        finally:
            wish.is_abandoned = not wish.is_done
        return _outcome(wish)

    def is_full(self) -> bool:
        """Tell whether a short wish that came now would be turned away; whoever asks turns it away."""
        with self._door:
            return self._waiting.turns_away()

    def _give_up(self, wish: Wish) -> None:
        wish.is_abandoned = True
        with self._door:
            self._write_off_the_late(NEARLY_ALL)

    def _hand_in(self, texts: Sequence[str], on_done: Callable[[], None]) -> Wish:
        if self._current() is None or not self.breaker.would_allow():
            raise ModelUnavailable
        now = self._clock.monotonic()
        wish = Wish(texts, math.inf, on_done)
        wish.deadline = now + self.patience.of(len(texts), wish.tokens)
        with self._door:
            self._write_off_the_late()
            if len(self._lost) >= MOST_LOST:
                raise ModelUnavailable
            if len(self._threads) < self._most_threads:
                self._waiting.rested()  # a thread that is not there yet has nothing to do
            self._waiting.admit(wish)
            if len(self._waiting) > self._idle and len(self._threads) < self._most_threads:
                self._start_thread()
            self._door.notify()
        return wish

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name=f"model {self.name}", daemon=True)
        self._threads[thread] = None
        thread.start()

    def _write_off_the_late(self, share: float = 1.0) -> None:
        """Give up calls that took that share of the longest anyone waits, and let others take the threads' place."""
        now = self._clock.monotonic()
        for thread, job in list(self._threads.items()):
            if job and now - job.began_at >= share * job.most_seconds:
                job.call.failed(f"no answer within {job.most_seconds:.1f} s")
                del self._threads[thread]
                self._lost.add(thread)
                if self._waiting and len(self._lost) < MOST_LOST:
                    self._start_thread()

    def _work(self) -> None:
        me = threading.current_thread()
        while (taken := self._take(me)) is not None:
            wishes, job = taken
            try:
                if job:
                    _answer(self._current(), wishes, job, self._clock)
            finally:
                for wish in wishes:
                    wish.end()
            with self._door:
                if me in self._lost:  # too late; another thread has our place
                    self._lost.discard(me)
                    return
                self._threads[me] = None
                if job:
                    self._waiting.took(job.tokens, self._clock.monotonic() - job.began_at)
                if job and job.is_long:
                    self._door.notify()  # the next long one may go

    def _take(self, me: threading.Thread) -> tuple[list[Wish], _Job | None] | None:
        """Wait for wishes and take some; None after a while without any, then the thread ends."""
        with self._door:
            if not self._rest():
                self._threads.pop(me, None)
                return None
            self._gather(me)
            now = self._clock.monotonic()
            taken = self._waiting.take(now, long=self._may_be_long())
            self._threads[me] = job = self._job(taken, now) if taken else None
            return taken, job

    def _rest(self) -> bool:
        """Wait for work; return whether there is any."""
        began_at = self._clock.monotonic()
        self._idle += 1
        came = self._door.wait_for(self._has_work, IDLE_SECONDS)
        self._idle -= 1
        if self._clock.monotonic() - began_at >= REST_SECONDS:
            self._waiting.rested()
        return came

    def _job(self, wishes: Sequence[Wish], now: float) -> _Job | None:
        """Ask the breaker for leave to make one call."""
        call = self.breaker.allow()
        if call is None:
            return None
        texts = sum(len(wish.texts) for wish in wishes)
        tokens = sum(wish.tokens for wish in wishes)
        seconds = self.patience.of(texts, tokens)
        return _Job(call=call, began_at=now, most_seconds=seconds, tokens=tokens, is_long=wishes[0].is_long)

    def _has_work(self) -> bool:
        return self._waiting.has(long=self._may_be_long())

    def _may_be_long(self) -> bool:
        """Tell whether a long wish may be read now: one at a time, so that short ones need not wait for it."""
        return not any(job and job.is_long for job in self._threads.values())

    def _gather(self, me: threading.Thread) -> None:
        """Wait a moment for company, if another call is under way: who comes alone is read at once."""
        if self._window and any(job for thread, job in self._threads.items() if thread is not me):
            self._door.wait_for(lambda: self._waiting.tokens >= CALL_TOKENS, self._window)


def _outcome(wish: Wish) -> Answer:
    if isinstance(wish.answer, GroundswellError):
        raise wish.answer
    assert wish.model is not None  # noqa: S101 - readings are never settled without it
    return Answer(readings=wish.answer, model=wish.model)


def _tell(loop: asyncio.AbstractEventLoop, done: "asyncio.Future[None]") -> None:
    """Wake a caller on its event loop, if that still runs."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_finish, done)


def _finish(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)


def _answer(model: Model | None, wishes: Sequence[Wish], job: _Job, clock: Clock) -> None:
    """Read what is wished and report to the breaker how that went."""
    if model is None:
        return job.call.abandon()
    try:
        could_read = _read_together(model, wishes)
    except Busy as error:  # a model service that is full says nothing about its health
        for wish in wishes:
            wish.settle(error)
        return job.call.abandon()
    except Exception as error:  # noqa: BLE001 - whatever a model dies of, something else answers
        why = error.message if isinstance(error, GroundswellError) else type(error).__name__
        log.warning("a model failed", model=model.info.name, says=why)
        return job.call.failed(why)
    seconds = clock.monotonic() - job.began_at
    if seconds > job.most_seconds:
        return job.call.failed(f"took {seconds:.1f} s")
    return job.call.succeeded() if could_read else job.call.abandon()


def _read_together(model: Model, wishes: Sequence[Wish]) -> bool:
    """Read all wishes in one call; when one cannot be read, each alone. Return whether any could be."""
    texts = [text for wish in wishes for text in wish.texts]
    try:
        readings = _checked(model.read(texts), len(texts))
    except Exception as error:  # noqa: BLE001 - raised again unless the text is to blame
        fault: GroundswellError = (
            error if isinstance(error, InvalidInput | ModelDeclines) else _fault_of_the_text(model, error)
        )
        if len(wishes) > 1:
            each = [_read_together(model, [wish]) for wish in wishes]
            return any(each)
        wishes[0].settle(fault)
        return False
    start = 0
    for wish in wishes:
        wish.settle(readings[start : start + len(wish.texts)], model)
        start += len(wish.texts)
    return True


def _fault_of_the_text(model: Model, error: Exception) -> UnreadableText:
    """Return the error of a text that a sound model dies of; raise `error` when the model is not sound.

    Else a single post would open the breaker for everyone, again and again.
    """
    if isinstance(error, GroundswellError | OSError | MemoryError):
        raise error
    try:
        model.read([PLAIN_TEXT])
    except Exception:  # noqa: BLE001 - whatever it is, the model is not sound
        raise error from None
    log.warning("a text breaks the model", model=model.info.name, says=type(error).__name__)
    return UnreadableText()


def _checked(readings: list[Reading], expected: int) -> list[Reading]:
    if len(readings) != expected:
        raise ModelUnavailable(f"{len(readings)} readings came for {expected} texts.")
    return readings
