"""What a consumer works for in these tests: a store that remembers effects and can be told to fail."""

from collections import Counter
from collections.abc import Callable, Sequence

import redis

from groundswell.core.clock import SystemClock
from groundswell.core.errors import StoreUnavailable
from groundswell.observe import Metrics
from groundswell.stream.connect import client
from groundswell.stream.consumer import Consumer
from groundswell.stream.entry import Delivery
from groundswell.stream.handler import Terms
from groundswell.stream.settle import Announcement, Settlement

STREAM, GROUP = "posts", "workers"


class Killed(BaseException):
    """The process ends here, as by `kill -9`."""


class Effects:
    """An idempotent store: each text has its effect once, however often it is delivered."""

    def __init__(self) -> None:
        self.stored: Counter[bytes] = Counter()
        self.parked: dict[bytes, str] = {}
        self.attempts: Counter[bytes] = Counter()
        self.is_down = False
        self.hunger = 10_000
        self.settled_counts: Counter[str] = Counter()
        self.before_commit: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None

    def appetite(self) -> int:
        return self.hunger

    def check(self) -> None:
        if self.is_down:
            raise StoreUnavailable

    def handle(self, deliveries: Sequence[Delivery], alive: Callable[[], None]) -> list[Settlement]:
        alive()
        self.check()
        texts = [delivery.fields[b"text"] for delivery in deliveries]
        self.attempts.update(texts)
        if any(text.startswith(b"crash") for text in texts):
            raise Killed
        if any(text.startswith(b"bad") for text in texts):
            raise ValueError("a bad one")
        self.before_commit()
        settlements = []
        for delivery, text in zip(deliveries, texts, strict=True):
            outcome = "duplicate" if text in self.stored else "stored"
            self.stored[text] += outcome == "stored"
            event = Announcement(type="new_post", id=text.decode(), data=b'{"id":"' + text + b'"}')
            settlements.append(
                Settlement(
                    entry_id=delivery.entry_id,
                    outcome=outcome,
                    announcement=event if outcome == "stored" else None,
                )
            )
        self.after_commit()
        return settlements

    def park(self, delivery: Delivery, reason: str, error: BaseException | None) -> Settlement:
        del error
        self.check()
        self.parked[delivery.fields[b"text"]] = reason
        return Settlement(entry_id=delivery.entry_id, outcome="parked")

    def settled(self, outcomes: dict[str, int]) -> None:
        self.settled_counts.update(outcomes)


def consumer(
    url: str,
    effects: Effects,
    name: str = "host:0",
    failpoint: Callable[[str], None] | None = None,
    **terms: float,
) -> Consumer:
    given = {"block_seconds": 0.0, "claim_idle_seconds": 0.001, "batch": 8, **terms}
    return Consumer(
        client(url, blocking=True),
        client(url),
        Terms(stream=STREAM, group=GROUP, name=name, **given),  # type: ignore[arg-type]
        effects,
        clock=SystemClock(),
        metrics=Metrics(),
        failpoint=failpoint or (lambda _: None),
    )


def add(redis_client: redis.Redis, *texts: str) -> list[str]:
    return [redis_client.xadd(STREAM, {"text": text}).decode() for text in texts]  # type: ignore[union-attr]
