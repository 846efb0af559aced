"""Take entries out of the stream once their effects are committed, and count each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass

import redis

from groundswell.stream.keys import Keys
from groundswell.stream.scripts import script


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """An event for the live feed."""

    type: str
    #: the post it is about; empty for none
    id: str
    #: JSON
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What became of one entry."""

    entry_id: str
    #: stored, edited, duplicate, erased, removal, parked
    outcome: str
    announcement: Announcement | None = None


class Settler:
    """Settles the entries of one stream and group, a batch in one step."""

    def __init__(self, client: redis.Redis, *, stream: str, group: str, live_entries: int) -> None:
        keys = Keys(stream)
        self._script = script(client, "settle")
        self._keys = [stream, keys.ledger, keys.live, keys.erased]
        self._head: list[str | int | bytes] = [group, live_entries]

    def settle(self, settlements: Sequence[Settlement]) -> dict[str, int]:
        """Settle all; return how many were counted by outcome.

        An entry that is not in the stream any more is neither counted nor announced, so a call
        may be repeated when its answer was lost. Raises `redis.RedisError`.
        """
        arguments = list(self._head)
        for settlement in settlements:
            arguments += (settlement.entry_id, settlement.outcome)
            event = settlement.announcement
            arguments += (event.type, event.id, event.data) if event else ("", "", b"")
        flat = iter(self._script(keys=self._keys, args=arguments))
        return {outcome.decode(): number for outcome, number in zip(flat, flat, strict=True)}
