"""One client's share of the live feed: filtered, thinned to its rate, bounded; the oldest goes first."""

import asyncio
from collections import deque
from dataclasses import dataclass

import orjson

from groundswell.api.live.feed import Message, position
from groundswell.core.clock import Clock
from groundswell.core.mood import Sentiment
from groundswell.observe import Metrics

QUEUE_SIZE = 256
"""Events waiting for a client that reads slowly; at most about 3 MB for posts of the greatest length."""

MOST_MOVES = 64
"""Changes of models that wait for a client; of more the oldest goes, as only the last one of each matters."""

UNDETERMINED = "und"
"""BCP-47 for posts whose source declared no language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a client wants to see."""

    topic: str | None = None
    source: str | None = None
    sentiment: Sentiment | None = None
    lang: str | None = None
    #: posts a second; of more it gets a sample
    rate: float = 20.0

    def covers(self, message: Message) -> bool:
        """Tell whether the client wants this event; everything that is no post concerns everyone."""
        if message.type != "new_post":
            return True
        if self.topic is None and self.source is None and self.sentiment is None and self.lang is None:
            return True
        facts = message.facts
        return (
            self.source in {None, facts.get("source")}
            and self.sentiment in {None, facts.get("sentiment")}
            and self.lang in {None, facts.get("lang") or UNDETERMINED}
            and (self.topic is None or self.topic in facts.get("topics", ()))
        )


class Bucket:
    """A token bucket that holds one second's worth, at least one."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate, self._clock = rate, clock
        self._tokens, self._filled_at = max(1.0, rate), clock.monotonic()

    def take(self) -> bool:
        """Take one token if there is one."""
        now = self._clock.monotonic()
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Mailbox:
    """Events on their way to one client; belongs to one event loop."""

    def __init__(
        self, wish: Wish, *, behind: str, clock: Clock, metrics: Metrics, size: int = QUEUE_SIZE
    ) -> None:
        self.wish = wish
        self._behind = position(behind)
        self._bucket, self._metrics, self._size = Bucket(wish.rate, clock), metrics, size
        self._waiting: deque[Message] = deque()
        self._missed = 0
        self._numbers: str | None = None
        self._numbers_sent: dict[str, object] = {}
        self._moves: deque[str] = deque(maxlen=MOST_MOVES)
        self._matched = self._passed = 0
        self._wake = asyncio.Event()

    def offer(self, message: Message) -> None:
        """Put an event in, unless the client has seen it, does not want it or has had enough for now."""
        if message.position <= self._behind or not self.wish.covers(message):
            return
        if message.type == "new_post" and not self._sampled():
            return
        if message.type == "erased":
            self._forget(message.id)
        if len(self._waiting) >= self._size:
            self._waiting.popleft()
            self._missed += 1
            self._metrics.count("groundswell_live_missed_total")
        self._waiting.append(message)
        self._wake.set()

    def _sampled(self) -> bool:
        self._matched += 1
        taken = self._bucket.take()
        self._passed += taken
        return taken

    def _forget(self, post: str) -> None:
        """Take an erased post out again before it is sent."""
        kept = [message for message in self._waiting if (message.type, message.id) != ("new_post", post)]
        self._waiting = deque(kept)

    def offer_numbers(self, numbers: dict[str, object]) -> None:
        """Put the day's totals in when they changed; they replace those not sent yet.

        `feed_share` is added: the share of the matching posts since the last totals that were
        passed on to this client.
        """
        share = self._passed / self._matched if self._matched else 1.0
        self._matched = self._passed = 0
        data = {**numbers, "feed_share": round(share, 4)}
        if _without_time(data) == _without_time(self._numbers_sent):
            return
        self._numbers_sent = data
        event = {"type": "metrics", "data": data}
        self._numbers = orjson.dumps(event, option=orjson.OPT_UTC_Z).decode()
        self._wake.set()

    def offer_move(self, move: dict[str, str]) -> None:
        """Put in that a model version has another stage; it has no cursor, and a resuming client gets none again."""
        self._moves.append(orjson.dumps({"type": "model", "data": move}).decode())
        self._wake.set()

    async def take(self) -> str:
        """Return the next frame to send, waiting for it: what was missed, then numbers, models, events."""
        while not (self._missed or self._numbers or self._moves or self._waiting):
            self._wake.clear()
            await self._wake.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            return f'{{"type":"gap","missed":{missed}}}'
        if self._numbers:
            numbers, self._numbers = self._numbers, None
            return numbers
        if self._moves:
            return self._moves.popleft()
        return self._waiting.popleft().text


def _without_time(data: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in data.items() if name != "timestamp"}
