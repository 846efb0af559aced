"""What a consumer needs from whoever does the work, and on what terms it reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.stream.entry import Delivery
from groundswell.stream.settle import Settlement


class Handler(Protocol):
    """What is done with deliveries. Every method may raise `Unavailable`: then nothing counts."""

    def appetite(self) -> int:
        """Return how many entries it takes next at most; 0 for none now."""
        ...

    def check(self) -> None:
        """Raise `Unavailable` if it could not work now."""
        ...

    def handle(self, deliveries: Sequence[Delivery], alive: Callable[[], None]) -> list[Settlement]:
        """Make the effects of all `deliveries` durable and return what became of each.

        Calls `alive` every now and then. Any error but `Unavailable` says that one of them
        cannot be handled; then the same deliveries come again in smaller portions, so effects
        must bear repetition. What it does not settle for lack of appetite comes again, too.
        """
        ...

    def park(self, delivery: Delivery, reason: str, error: BaseException | None) -> Settlement:
        """Put a delivery aside, durably, for people to decide."""
        ...

    def settled(self, outcomes: dict[str, int]) -> None:
        """Learn what was just counted."""
        ...


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a consumer reads."""

    stream: str
    group: str
    #: stable over restarts, so that a process finds what its predecessor left: `host:slot`
    name: str
    batch: int = 512
    block_seconds: float = 1.0
    #: must exceed three times the slowest batch's gap between two signs of life
    claim_idle_seconds: float = 15.0
    max_deliveries: int = 5
    live_entries: int = 10_000
