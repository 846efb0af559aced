"""The live stream in Valkey, as the hub asks for it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

from groundswell.api.live.feed import START, LiveEvent
from groundswell.stream import live


class ValkeyFeed:
    """Follows with a connection of its own; looks back through the process's client, in a thread."""

    def __init__(self, client: Any, url: str, stream: str) -> None:
        self._client, self._url, self._stream = client, url, stream

    def follow(self, cursor: str) -> AsyncGenerator[Sequence[LiveEvent], None]:
        """Yield what comes behind `cursor`; trouble with the server is waited out."""
        followed = live.follow(self._url, self._stream, cursor)
        return cast("AsyncGenerator[Sequence[LiveEvent], None]", followed)  # what it is, to be closed early

    async def since(self, cursor: str, limit: int) -> Sequence[LiveEvent]:
        """Return at most `limit` events behind `cursor`; raises `StreamUnavailable`."""
        return await asyncio.to_thread(live.since, self._client, self._stream, cursor, limit)

    async def ends(self) -> tuple[str, str]:
        """Return the cursors of the oldest and the newest event kept; raises `StreamUnavailable`."""
        oldest = await asyncio.to_thread(live.oldest_cursor, self._client, self._stream)
        newest = await asyncio.to_thread(live.newest_cursor, self._client, self._stream)
        return oldest or START, newest or START
