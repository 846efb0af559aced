"""What stands before a body is bounded in size and time: no stranger fills memory, or holds a line for ever."""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 32 * 1024
"""Request line and headers together; nginx takes as much. The parser alone would keep a head of any size."""
HEAD_SECONDS = 20.0
"""From the first byte, or from connecting, to the end of the headers."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's HTTP, with an end to how large and how slow a head may be.

    This comes before any key is seen, so it holds for everybody; what is counted begins anew with
    each request of a connection, and between two of them uvicorn's own `timeout_keep_alive` counts.
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._received, self._is_open, self._is_new = 0, True, False
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; refuse a head that is too large and has not ended yet."""
        self._is_new = False
        super().data_received(data)
        if self._is_open and not self._is_new:  # else the bytes were those of the request before
            self._received += len(data)
            if self._received > MOST_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if self._deadline is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_open = False
        self._be_patient()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes now is the next head."""
        super().on_message_complete()
        self._received, self._is_open, self._is_new = 0, True, True

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(
            self.head_seconds, lambda: self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        )

    def _be_patient(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._be_patient()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # an answer is under way: nothing may be written into it
            return
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode())
        self.transport.close()
