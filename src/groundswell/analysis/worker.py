"""A worker: reads the stream with a consumer of its own and analyses what it is given, until told to stop."""

import threading
from dataclasses import dataclass

from groundswell.analysis.brake import Brake, BrakeRules
from groundswell.analysis.failpoint import Failpoint
from groundswell.analysis.handler import Analyst, Tools
from groundswell.analysis.shadow import Offer
from groundswell.core.clock import Clock
from groundswell.core.door import Rules
from groundswell.models.port import Model
from groundswell.observe import Metrics
from groundswell.store.database import Database
from groundswell.stream.connect import client
from groundswell.stream.consumer import Consumer
from groundswell.stream.handler import Terms


@dataclass(frozen=True, kw_only=True)
class WorkerParts:
    """What a worker is made of."""

    redis_url: str
    database: Database
    model: Model
    clock: Clock
    metrics: Metrics
    #: how it reads the stream; `terms.name` is `host:slot`, the same after a restart
    terms: Terms
    #: the door's rules, for entries of other producers
    rules: Rules
    parking_limit: int = 50
    failpoint: str = ""
    #: takes what was stored, for a challenger to read
    offer: Offer = lambda _: None


class Worker:
    """One worker of the group; `run` it in a thread or process of its own."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._reader, self._redis = client(parts.redis_url, blocking=True), client(parts.redis_url)
        self._brake = Brake(parts.clock, BrakeRules(limit=parts.parking_limit))
        failpoint = Failpoint(parts.failpoint)
        tools = Tools(
            database=parts.database,
            redis=self._redis,
            stream=parts.terms.stream,
            model=parts.model,
            rules=parts.rules,
            clock=parts.clock,
            metrics=parts.metrics,
            brake=self._brake,
            failpoint=failpoint,
            offer=parts.offer,
        )
        self.consumer = Consumer(
            self._reader,
            self._redis,
            parts.terms,
            Analyst(tools),
            clock=parts.clock,
            metrics=parts.metrics,
            failpoint=failpoint,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; return within 10 seconds then, with nothing lost."""
        try:
            self.consumer.run(stop)
        finally:
            self._reader.close()
            self._redis.close()

    def state(self) -> dict[str, object]:
        """Return what the table of processes shows; may be called from another thread.

        `stalled_seconds` grows while the loop does not turn; `up` ends a worker whose loop
        stands still for two minutes (`supervise.pulse`).
        """
        return {
            "model": self._parts.model.info.name,
            "in_hand": self.consumer.in_hand,
            "stalled_seconds": round(self._parts.clock.monotonic() - self.consumer.turned_at, 1),
            "outage": self.consumer.outage,
            "brake": self._brake.is_on,
        }


def work(parts: WorkerParts, stop: threading.Event) -> None:
    """Run a worker until `stop` is set."""
    Worker(parts).run(stop)
