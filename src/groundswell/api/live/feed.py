"""What the live feed asks of the stream of live events, and how it puts an event into words."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import orjson

START = "0-0"
"""The cursor before everything."""


class LiveEvent(Protocol):
    """One entry of the live stream."""

    @property
    def cursor(self) -> str:
        """The entry's id, `milliseconds-number`."""
        ...

    @property
    def type(self) -> str:
        """`new_post`, `erased`, `alert` or `model`."""
        ...

    @property
    def id(self) -> str:
        """What the event is about; of a post its public id."""
        ...

    @property
    def data(self) -> bytes:
        """The event's `data` as JSON."""
        ...


class Feed(Protocol):
    """The live stream, read without blocking the event loop."""

    def follow(self, cursor: str) -> AsyncGenerator[Sequence[LiveEvent], None]:
        """Yield what comes behind `cursor`, for ever; raises `StreamUnavailable` when the stream is away."""
        ...

    async def since(self, cursor: str, limit: int) -> Sequence[LiveEvent]:
        """Return at most `limit` events behind `cursor`, oldest first."""
        ...

    async def ends(self) -> tuple[str, str]:
        """Return the cursors of the oldest event still kept, or `START`, and of the last ever added."""
        ...


def position(cursor: str) -> tuple[int, int]:
    """Return a cursor in a form that sorts as the stream does."""
    milliseconds, _, number = cursor.partition("-")
    return int(milliseconds), int(number or 0)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One event as it goes to every client: put into words once, taken apart at most once."""

    type: str
    id: str
    cursor: str
    data: bytes

    @classmethod
    def of(cls, event: LiveEvent) -> "Message":
        """Make the message of an event."""
        return cls(type=event.type, id=event.id, cursor=event.cursor, data=event.data)

    @cached_property
    def text(self) -> str:
        """The frame that is sent: `data` goes in as it came out of the stream."""
        head = f'{{"type":"{self.type}","data":'
        return f'{head}{self.data.decode()},"cursor":"{self.cursor}"}}'

    @cached_property
    def position(self) -> tuple[int, int]:
        """The cursor in a form that sorts."""
        return position(self.cursor)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What a filter looks at."""
        facts: dict[str, Any] = orjson.loads(self.data)
        return facts
