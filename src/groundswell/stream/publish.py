"""Write events to the stream: all of a call or none, refused when analysis is behind."""

from collections.abc import Sequence

import redis

from groundswell import tracing
from groundswell.core.errors import StreamFull, StreamUnavailable
from groundswell.core.post import Event
from groundswell.stream.connect import command
from groundswell.stream.entry import Fields, encode
from groundswell.stream.scripts import script


class Publisher:
    """Adds events to one stream while fewer than `max_entries` wait in it."""

    def __init__(self, client: redis.Redis, *, stream: str, max_entries: int) -> None:
        self.stream = stream
        self.max_entries = max_entries
        self._client = client
        self._publish = script(client, "publish")

    def publish(self, events: Sequence[Event]) -> None:
        """Add all `events` in one step.

        Raises `StreamFull` when nothing was written because the stream is full, and
        `StreamUnavailable` when it is not known whether they were: the caller sends them again
        with the same ids, and they count once.
        """
        if not events:
            return
        with tracing.span("stream.publish", {"groundswell.events": len(events)}):
            arguments: list[str | bytes | int] = [self.max_entries, tracing.traceparent()]
            for event in events:
                arguments += encode(event)
            added, waiting = self._run(arguments)
        if not added:
            raise StreamFull(details={"backlog": waiting, "limit": self.max_entries})

    def _run(self, arguments: list[str | bytes | int]) -> tuple[int, int]:
        try:
            added, waiting = self._publish(keys=[self.stream], args=arguments)
        except redis.exceptions.OutOfMemoryError as error:
            # Checked by the server before a script's first write: nothing was written.
            raise StreamFull("The stream's server is out of memory; nothing was written.") from error
        except redis.RedisError as error:
            raise StreamUnavailable from error
        return int(added), int(waiting)

    def again(self, fields: Fields) -> None:
        """Add one entry exactly as it once was, beyond the limit too: a person asked for it.

        Raises `StreamUnavailable` like `publish`.
        """
        try:
            command(
                self._client, "XADD", self.stream, "*", *(part for pair in fields.items() for part in pair)
            )
        except redis.RedisError as error:
            raise StreamUnavailable from error
