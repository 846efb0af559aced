"""The stream's books: entries ever added = settled + backlog, read in one step while everything runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from groundswell.stream.connect import doubt_is_unavailable
from groundswell.stream.keys import Keys
from groundswell.stream.scripts import script


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """What the books said at one moment."""

    #: entries ever added to the stream
    added: int
    #: entries that left the stream, by outcome; `before` are those that left it before we came
    settled: dict[str, int]
    #: entries in the stream, read or not
    backlog: int
    #: entries of the backlog that a worker has read and not settled
    pending: int
    #: when the first entry of the backlog was accepted; None when there is none
    oldest_accepted_at: datetime | None

    @property
    def imbalance(self) -> int:
        """Entries that are neither settled nor waiting; anything but 0 means the books are false."""
        return self.added - sum(self.settled.values()) - self.backlog

    def oldest_seconds(self, now: datetime) -> float:
        """Return the age of the oldest entry of the backlog in seconds, 0 for an empty one."""
        return max(0.0, (now - self.oldest_accepted_at).total_seconds()) if self.oldest_accepted_at else 0.0


def read_ledger(client: redis.Redis, stream: str, group: str) -> Ledger:
    """Read the books of `stream` at one moment.

    Raises `StreamUnavailable`.
    """
    keys = Keys(stream)
    with doubt_is_unavailable():
        answer = script(client, "ledger")(keys=[stream, keys.ledger], args=[group])
    added, backlog, pending, first_id, accepted_at, settled = answer
    return Ledger(
        added=added,
        settled=_counts(settled),
        backlog=backlog,
        pending=pending,
        oldest_accepted_at=_moment(first_id.decode(), accepted_at.decode()) if first_id else None,
    )


def _counts(flat: Iterable[bytes]) -> dict[str, int]:
    pairs = iter(flat)
    counts = {outcome.decode(): int(number) for outcome, number in zip(pairs, pairs, strict=True)}
    return {outcome: number for outcome, number in counts.items() if number or outcome != "before"}


def _moment(entry_id: str, accepted_at: str) -> datetime:
    """Return when an entry was accepted; other producers do not say it, then the entry's id does."""
    try:
        moment = datetime.fromisoformat(accepted_at)
        if moment.tzinfo is not None:
            return moment
    except ValueError:
        pass
    return entry_moment(entry_id)


def entry_moment(entry_id: str) -> datetime:
    """Return the moment in an entry's id: the server's milliseconds when the entry was added."""
    return datetime.fromtimestamp(min(int(entry_id.partition("-")[0]), _LAST) / 1000, UTC)


_LAST = 253_402_300_799_000
"""The last millisecond a datetime can hold; a producer may choose its ids freely."""
