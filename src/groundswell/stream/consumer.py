"""The only loop over a stream: an entry is handled at least once and settled after its effects."""

import threading
from collections.abc import Callable, Iterator
from itertools import takewhile

import redis

from groundswell import tracing
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError, Unavailable
from groundswell.core.retry import Backoff
from groundswell.observe import Metrics, logger
from groundswell.stream.claim import Claimer, Taken, delivery
from groundswell.stream.connect import command
from groundswell.stream.entry import Delivery, traced
from groundswell.stream.handler import Handler, Terms
from groundswell.stream.keys import Keys
from groundswell.stream.scripts import script
from groundswell.stream.settle import Settlement, Settler

CLAIMS_PER_TURN = 32
SWEEP_SECONDS = 600.0
GRACE_SECONDS = 2.0
"""How long a batch may go on after the stop event; then it is left, to be taken back after the restart."""

OUTAGES = (Unavailable, redis.RedisError)
"""Trouble of a server, never of an entry."""

log = logger("stream")


class StoppedInTheMidst(Unavailable):
    """The worker was told to stop; the rest of its batch is left to others."""


def _nothing(point: str) -> None:
    """Pass a point where a test may end the process."""
    del point


class Consumer:
    """Reads one stream as a member of a group.

    An entry is *in hand* from its delivery until it is settled. Trouble with a server leaves it
    in hand. An error of the handler halves the portion that is tried next, down to the one
    entry that is at fault, which is parked; success doubles it again.
    """

    def __init__(
        self,
        reader: redis.Redis,
        client: redis.Redis,
        terms: Terms,
        handler: Handler,
        *,
        clock: Clock,
        metrics: Metrics,
        failpoint: Callable[[str], None] = _nothing,
    ) -> None:
        self._reader, self._client, self._terms, self._handler = reader, client, terms, handler
        self._clock, self._metrics, self._failpoint = clock, metrics, failpoint
        reader.set_response_callback("XREADGROUP", lambda answer, **_: answer)
        self._open = script(client, "open")
        self._settler = Settler(
            client, stream=terms.stream, group=terms.group, live_entries=terms.live_entries
        )
        self._claimer = Claimer(client, stream=terms.stream, group=terms.group, consumer=terms.name)
        self._backoff = Backoff()
        self._stop = threading.Event()
        self._hand: list[Delivery] = []
        self._committed: list[Settlement] = []
        self._portion = terms.batch
        self._is_open = self._was_open = False
        self._recovers = True  # a predecessor of the same name may have died
        self._doubts = self._forgiven = False
        self._claim_at = self._sweep_at = self._touched_at = clock.monotonic()
        self._stopping_since: float | None = None
        self.turned_at = clock.monotonic()
        self.outage: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish what is in hand and return within 10 seconds."""
        self._stop = stop
        while not stop.is_set():
            self._guarded(self.step)
        self._drain()

    def step(self) -> None:
        """Take one turn: settle, finish what is in hand, take back what was lost, read what is new.

        Raises one of `OUTAGES`; everything stays in hand then.
        """
        self.turned_at = self._clock.monotonic()
        self._ensure_group()
        self._finish_hand()
        if self._may_take():
            self._recover()
        more = self._may_take() and self._claim()
        if self._may_take():
            self._read(wait=not more)
            self._finish_hand()
        else:
            self._wait(self._terms.block_seconds / 4)

    @property
    def in_hand(self) -> int:
        """How many entries it holds."""
        return len(self._hand)

    def _may_take(self) -> bool:
        """Tell whether it is time for more: never with something in hand, or no appetite, or at the end."""
        return not self._hand and not self._stop.is_set() and self._handler.appetite() > 0

    def _drain(self) -> None:
        """Finish what is in hand, unless a server is away; what is left is claimed by others."""
        self._failpoint("during_drain")
        while (self._hand or self._committed) and not self.outage and self._has_grace():
            before = len(self._hand), self._portion
            self._guarded(self._finish_hand)
            if self._hand and (len(self._hand), self._portion) == before:
                return  # no appetite

    # Trouble

    def _guarded(self, turn: Callable[[], None]) -> None:
        """Take a turn; wait out trouble with a server, in which nothing counts."""
        try:
            turn()
        except OUTAGES as error:
            self._note_trouble(error)
            self._wait(self._backoff.wait())
            self._keep()
        else:
            self._backoff.reset()
            if self.outage:
                log.info("works again", after=self.outage)
            self.outage = None

    def _note_trouble(self, error: Exception) -> None:
        cause = error.__cause__ or error
        if not self.outage:
            log.warning("waits for a server", error=str(error), cause=type(cause).__name__)
        self.outage = str(error)
        if isinstance(cause, redis.RedisError):
            self._doubts = True  # a reply with entries may be lost; reading on would never show them
            self._is_open = False  # the server may have come back without its data

    def _keep(self) -> None:
        """Keep others from claiming what is in hand, if the stream's server answers."""
        if self._hand:
            try:
                self._claimer.touch(self._hand)
                self._touched_at = self._clock.monotonic()
            except redis.RedisError:
                self._doubts = True

    def _keep_if_due(self) -> None:
        if self._clock.monotonic() - self._touched_at > self._terms.claim_idle_seconds / 4:
            self._keep()

    def _alive(self) -> None:
        """Let the handler say that it still works; called between slices of a batch."""
        self.turned_at = self._clock.monotonic()
        if not self._has_grace():
            raise StoppedInTheMidst
        self._keep_if_due()

    def _has_grace(self) -> bool:
        now = self._clock.monotonic()
        if self._stopping_since is None and self._stop.is_set():
            self._stopping_since = now
        return self._stopping_since is None or now - self._stopping_since < GRACE_SECONDS

    def _wait(self, seconds: float) -> None:
        self._stop.wait(seconds)
        self._keep_if_due()

    # What is in hand

    def _finish_hand(self) -> None:
        """Handle and settle what is in hand, in portions, while the handler wants it and time is left."""
        self._settle()
        while self._hand and self._has_grace():
            wanted = min(self._portion, self._handler.appetite())
            if not wanted:
                return
            portion = self._hand[:wanted]
            about, callers = {"groundswell.events": len(portion)}, (traced(held.fields) for held in portion)
            with tracing.batch("worker.batch", about, parents=callers):
                self._process(portion)
                self._settle()
        self._forgiven = self._forgiven and bool(self._hand)

    def _process(self, batch: list[Delivery]) -> None:
        """Handle a portion of the hand; what was handled is `_committed` then and not in hand any more."""
        batch = list(takewhile(lambda held: not self._is_worn(held), batch)) or batch[:1]
        try:
            settlements = self._settlements_of(batch)
        except OUTAGES:
            self._forgive()
            raise
        self._committed += settlements
        done = {settlement.entry_id for settlement in settlements}
        self._hand = [held for held in self._hand if held.entry_id not in done]

    def _settlements_of(self, batch: list[Delivery]) -> list[Settlement]:
        if self._is_worn(batch[0]):
            return [self._handler.park(batch[0], f"It crashed its worker {batch[0].times - 1} times.", None)]
        try:
            settlements = self._handler.handle(batch, self._alive)
        except OUTAGES:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, one entry of the batch caused it
            if len(batch) == 1:
                return [self._handler.park(batch[0], _reason(error), error)]
            self._portion = len(batch) // 2
            return []
        self._portion = min(2 * self._portion, self._terms.batch)
        return settlements

    def _is_worn(self, held: Delivery) -> bool:
        return held.times > self._terms.max_deliveries

    def _forgive(self) -> None:
        """Take back the attempt that an outage ended, so that outages never add up to a crash."""
        if not self._forgiven:
            self._forgiven = True
            self._hand = [
                Delivery(entry_id=held.entry_id, fields=held.fields, times=max(1, held.times - 1))
                for held in self._hand
            ]

    def _settle(self) -> None:
        if self._committed:
            self._failpoint("before_ack")
            with tracing.span("stream.settle", {"groundswell.events": len(self._committed)}):
                outcomes = self._settler.settle(self._committed)
            self._failpoint("after_ack")
            self._committed.clear()
            self._handler.settled(outcomes)

    # Where deliveries come from

    def _ensure_group(self) -> None:
        """Make the group if there is none, from the first entry on: one made at `$` loses what waits."""
        if self._is_open:
            return
        keys = Keys(self._terms.stream)
        is_made = self._open(keys=[keys.stream, keys.ledger], args=[self._terms.group])
        if is_made and self._was_open:
            log.error("the consumer group was gone: the stream's server lost data", group=self._terms.group)
        self._is_open = self._was_open = True

    def _recover(self) -> None:
        """Take back entries in our own name: after a crash one by one, after a lost reply all at once."""
        while self._recovers and self._may_take():
            self._handler.check()
            self._recovers = self._attempt(self._claimer.after_crash())
            self._doubts = self._doubts and self._recovers
        while self._doubts and self._may_take():
            self._doubts = self._attempt(self._claimer.after_doubt(self._terms.batch))

    def _claim(self) -> bool:
        """Take over entries of consumers that fell silent; tell if there may be more."""
        now = self._clock.monotonic()
        if now < self._claim_at:
            return False
        for _ in self._turns(CLAIMS_PER_TURN):
            self._handler.check()
            if not self._attempt(self._claimer.stale(self._terms.claim_idle_seconds)):
                self._claim_at = now + min(1.0, self._terms.claim_idle_seconds / 4)
                self._sweep(now)
                return False
        return True

    def _turns(self, most: int) -> Iterator[int]:
        for turn in range(most):
            if not self._may_take():
                return
            yield turn

    def _attempt(self, taken: Taken) -> bool:
        """Handle what was taken back; tell if there was anything."""
        if taken.vanished:
            self._metrics.count("groundswell_stream_vanished_total", taken.vanished)
            log.error("entries vanished: something else removes them from the stream", number=taken.vanished)
        self._hand += taken.deliveries
        self._touched_at = self._clock.monotonic()
        self._finish_hand()
        return bool(taken.deliveries or taken.vanished)

    def _read(self, *, wait: bool) -> None:
        terms = self._terms
        milliseconds = int(terms.block_seconds * 1000)
        block = ("BLOCK", milliseconds) if wait and milliseconds else ()
        most = min(terms.batch, self._handler.appetite())
        head = ("XREADGROUP", "GROUP", terms.group, terms.name, "COUNT", most)
        answer = command(self._reader, *head, *block, "STREAMS", terms.stream, ">")
        for _, entries in answer or ():
            self._hand += [delivery(entry_id, 1, flat) for entry_id, flat in entries]
        if self._hand:
            self._touched_at = self._clock.monotonic()
            self._failpoint("after_read")

    def _sweep(self, now: float) -> None:
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            self._claimer.sweep()


def _reason(error: Exception) -> str:
    """Return a sentence that never repeats what a person wrote; a server's message may."""
    return error.message if isinstance(error, GroundswellError) else f"It fails with {type(error).__name__}."
