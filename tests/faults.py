"""A TCP proxy that loses replies, as networks do: the server did what it was asked, the client never learns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.patience import PATIENCE


class FaultProxy:
    """Stands between a client and a server's socket (a path, or host:port), in a thread of its own.

    `lose_replies(b"COMMIT")` cuts the connection after the server got a request that holds
    these bytes and before its reply reaches the client. `cut()` ends all connections and
    refuses new ones until `mend()`.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._wanted: Callable[[bytes], bool] = lambda _: False
        self._is_cut = False
        self.port = 0
        #: requests that were let through and whose reply is to be lost
        self.caught = 0
        #: replies that were lost
        self.lost = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def lose_replies(self, marker: bytes, *, times: int = 1) -> None:
        """Lose the replies to the next `times` requests that hold `marker`, in any case."""
        left = [times]
        needle = marker.lower()

        def wanted(request: bytes) -> bool:
            if left[0] and needle in request.lower():
                left[0] -= 1
                self.caught += 1
                return True
            return False

        self._wanted = wanted

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._drop_all)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._drop_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        up_reader, up_writer = await self._dial()
        self._writers |= {writer, up_writer}
        loses = asyncio.Event()
        there = asyncio.create_task(self._requests(reader, up_writer, loses))
        back = asyncio.create_task(self._replies(up_reader, writer, loses))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            return
        finally:
            for task in (there, back):
                task.cancel()
            for end in (writer, up_writer):
                end.transport.abort()
                self._writers.discard(end)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._upstream.startswith("/"):
            return await asyncio.open_unix_connection(self._upstream)
        host, _, port = self._upstream.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loses: asyncio.Event
    ) -> None:
        while request := await reader.read(1 << 20):
            if self._wanted(request):
                loses.set()
            writer.write(request)
            await writer.drain()

    async def _replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loses: asyncio.Event
    ) -> None:
        while reply := await reader.read(1 << 20):
            if loses.is_set():
                self.lost += 1
                return
            writer.write(reply)
            await writer.drain()
