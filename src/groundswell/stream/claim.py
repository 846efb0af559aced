"""Entries handed out and never settled, taken back one at a time, so that only the guilty is blamed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import redis

from groundswell.stream.entry import Delivery
from groundswell.stream.keys import Keys
from groundswell.stream.scripts import script

ABSENT_SECONDS = 3600.0
"""A consumer that holds nothing and was silent this long is forgotten."""

LIVE_SECONDS = 24 * 3600.0
"""A live event older than this is dropped, also where few are written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Pending entries that now belong to the consumer that asked."""

    deliveries: list[Delivery]
    #: pending entries whose content is gone: something removed them from the stream behind our back
    vanished: int


class Claimer:
    """Takes pending entries for one consumer of one group.

    The delivery count of an entry says how often an attempt at it began, so it goes up for one
    entry at a time, right before the attempt. XAUTOCLAIM would raise it for a whole page, and
    after a few crashes good posts would be parked beside the guilty one.
    """

    def __init__(self, client: redis.Redis, *, stream: str, group: str, consumer: str) -> None:
        self._keys = Keys(stream)
        self._group, self._consumer = group, consumer
        self._take, self._touch, self._sweep = (script(client, name) for name in ("take", "touch", "sweep"))

    def after_crash(self) -> Taken:
        """Take the first entry that this consumer's name held when its last process ended."""
        return self._run("own", most=1, counting=True)

    def after_doubt(self, most: int) -> Taken:
        """Take entries that were handed to this consumer in a reply it never saw; nothing is counted."""
        return self._run("own", most=most, counting=False)

    def stale(self, idle_seconds: float) -> Taken:
        """Take the first entry whose consumer has not been heard of for `idle_seconds`."""
        return self._run("stale", most=1, counting=True, idle_seconds=idle_seconds)

    def touch(self, deliveries: Sequence[Delivery]) -> int:
        """Say that these are being worked on, at their delivery count; return how many are still ours."""
        arguments: list[str | int] = [self._group, self._consumer]
        for delivery in deliveries:
            arguments += (delivery.entry_id, delivery.times)
        return int(self._touch(keys=[self._keys.stream], args=arguments))

    def sweep(self) -> int:
        """Remove consumers that hold nothing and are long gone, and old live events."""
        arguments: list[str | int] = [
            self._group,
            self._consumer,
            int(ABSENT_SECONDS * 1000),
            int(LIVE_SECONDS * 1000),
        ]
        return int(self._sweep(keys=[self._keys.stream, self._keys.live], args=arguments))

    def _run(
        self, which: Literal["own", "stale"], *, most: int, counting: bool, idle_seconds: float = 0
    ) -> Taken:
        idle = int(idle_seconds * 1000)
        arguments: list[str | int] = [self._group, self._consumer, which, idle, most, int(counting)]
        vanished, taken = self._take(keys=[self._keys.stream], args=arguments)
        return Taken(deliveries=[delivery(*line) for line in taken], vanished=vanished)


def delivery(entry_id: bytes, times: int, flat: list[bytes]) -> Delivery:
    """Make a delivery of what the server answers; `flat` is name, value, name, value."""
    fields = iter(flat)
    return Delivery(entry_id=entry_id.decode(), times=times, fields=dict(zip(fields, fields, strict=True)))
