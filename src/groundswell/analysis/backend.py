"""One model behind a breaker: what is asked at the same time is read together, and nobody waits beyond his time."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from groundswell.analysis.breaker import Breaker, Call
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
from groundswell.models.port import Model
from groundswell.observe import logger

MOST_TEXTS = 256
"""Texts of different callers that are read together; a single caller may bring more."""
MOST_WAITING = 512
MOST_LOST = 8
"""Threads whose call never came back; with so many no further call is made until one does."""
IDLE_SECONDS = 30.0
PLAIN_TEXT = "a fine day"
"""What every sound model can read."""

log = logger("analysis")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a caller waits for an answer."""

    seconds: float
    #: more for each text beyond the first
    per_text: float = 0.05

    def of(self, texts: int) -> float:
        """Return the seconds that so many texts may take."""
        return self.seconds + self.per_text * max(0, texts - 1)


@dataclass(slots=True, eq=False)
class _Wish:
    """What one caller wants read."""

    texts: Sequence[str]
    answer: list[Reading] | GroundswellError = field(default_factory=ModelUnavailable)
    done: threading.Event = field(default_factory=threading.Event)
    is_abandoned: bool = False

    def settle(self, answer: list[Reading] | GroundswellError) -> None:
        self.answer = answer
        self.done.set()


@dataclass(slots=True, eq=False)
class _Job:
    """One call under way."""

    call: Call
    began_at: float
    most_seconds: float


class Backend:
    """Reads texts with the model that `current` returns at that moment, one version a call.

    Wishes that wait while a call is under way go into the next call together. A call without an
    answer in time counts as a failure, and its thread is written off: it ends when the call does.
    """

    def __init__(
        self,
        name: str,
        current: Callable[[], Model | None],
        breaker: Breaker,
        *,
        clock: Clock,
        patience: Patience,
        threads: int = 1,
    ) -> None:
        self.name, self.breaker, self.patience = name, breaker, patience
        self._current, self._clock, self._most_threads = current, clock, threads
        self._door = threading.Condition()
        self._waiting: deque[_Wish] = deque()
        self._threads: dict[threading.Thread, _Job | None] = {}
        self._lost: set[threading.Thread] = set()
        self._idle = 0

    @property
    def model(self) -> Model | None:
        """The model that would answer now; None while there is none."""
        return self._current()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Return one reading per text, all by one version.

        Raises `ModelUnavailable` at once when no call may be made, or as soon as it has failed or
        the time is up; `InvalidInput` when a text cannot be read; `Busy` when too many wait.
        """
        if not texts:
            return []
        if self._current() is None or not self.breaker.would_allow():
            raise ModelUnavailable
        wish = _Wish(texts)
        self._hand_in(wish)
        if not wish.done.wait(self.patience.of(len(texts))):
            wish.is_abandoned = True
            with self._door:
                self._write_off_the_late()
            raise ModelUnavailable
        if isinstance(wish.answer, GroundswellError):
            raise wish.answer
        return wish.answer

    def _hand_in(self, wish: _Wish) -> None:
        with self._door:
            self._write_off_the_late()
            if len(self._waiting) >= MOST_WAITING:
                raise Busy
            if len(self._lost) >= MOST_LOST:
                raise ModelUnavailable
            self._waiting.append(wish)
            if len(self._waiting) > self._idle and len(self._threads) < self._most_threads:
                self._start_thread()
            self._door.notify()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name=f"model {self.name}", daemon=True)
        self._threads[thread] = None
        thread.start()

    def _write_off_the_late(self) -> None:
        """Give up calls that took longer than anyone waits, and let others take the threads' place."""
        now = self._clock.monotonic()
        for thread, job in list(self._threads.items()):
            if job and now - job.began_at >= job.most_seconds:
                job.call.failed(f"no answer within {job.most_seconds:.1f} s")
                del self._threads[thread]
                self._lost.add(thread)
                if self._waiting and len(self._lost) < MOST_LOST:
                    self._start_thread()

    def _work(self) -> None:
        me = threading.current_thread()
        while wishes := self._take(me):
            job = self._begin(me, wishes)
            try:
                if job:
                    _answer(self._current(), wishes, job, self._clock)
            finally:
                for wish in wishes:
                    wish.done.set()
            with self._door:
                if me in self._lost:  # too late; another thread has our place
                    self._lost.discard(me)
                    return
                self._threads[me] = None

    def _take(self, me: threading.Thread) -> list[_Wish]:
        """Wait for wishes and take some; nothing after a while without any, then the thread ends."""
        with self._door:
            self._idle += 1
            self._door.wait_for(lambda: self._waiting, IDLE_SECONDS)
            self._idle -= 1
            taken: list[_Wish] = []
            size = 0
            while self._waiting and (not taken or size + len(self._waiting[0].texts) <= MOST_TEXTS):
                wish = self._waiting.popleft()
                if not wish.is_abandoned:
                    taken.append(wish)
                    size += len(wish.texts)
            if not taken and not self._waiting:
                self._threads.pop(me, None)
            return taken

    def _begin(self, me: threading.Thread, wishes: Sequence[_Wish]) -> _Job | None:
        call = self.breaker.allow()
        if call is None:
            return None
        texts = sum(len(wish.texts) for wish in wishes)
        job = _Job(call, self._clock.monotonic(), self.patience.of(texts))
        with self._door:
            self._threads[me] = job
        return job


def _answer(model: Model | None, wishes: Sequence[_Wish], job: _Job, clock: Clock) -> None:
    """Read what is wished and report to the breaker how that went."""
    if model is None:
        return job.call.abandon()
    try:
        could_read = _read_together(model, wishes)
    except Exception as error:  # noqa: BLE001 - whatever a model dies of, something else answers
        why = error.message if isinstance(error, GroundswellError) else type(error).__name__
        log.warning("a model failed", model=model.info.name, says=why)
        return job.call.failed(why)
    seconds = clock.monotonic() - job.began_at
    if seconds > job.most_seconds:
        return job.call.failed(f"took {seconds:.1f} s")
    return job.call.succeeded() if could_read else job.call.abandon()


def _read_together(model: Model, wishes: Sequence[_Wish]) -> bool:
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
        wish.settle(readings[start : start + len(wish.texts)])
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
