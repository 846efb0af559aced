"""The WebSocket of a Jetstream: what has come is handed over together, for a wake-up per frame costs more than it."""

from collections import deque
from threading import Event
from typing import Any

from websockets.frames import CloseCode, Frame, Opcode
from websockets.sync.client import ClientConnection

MOST_WAITING = 1024
"""Frames read ahead; while there are more, the socket is left alone, and the server waits in turn."""

_TEXT, _BINARY, _CONTINUED = Opcode.TEXT, Opcode.BINARY, Opcode.CONT


class Line(ClientConnection):
    """A connection of the library whose reading thread leaves whole messages in a queue of our own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._messages: deque[bytes | bytearray] = deque()
        self._parts = bytearray()
        self._come, self._room = Event(), Event()
        self._has_ended = self._is_left = False
        super().__init__(*args, **options)  # starts the thread

    def take(self, seconds: float, most: int) -> list[bytes | bytearray]:
        """Return up to `most` messages, in order; none when none came within `seconds`.

        Raises the library's `ConnectionClosed` behind the last one.
        """
        messages = self._messages
        if not messages:
            self._come.clear()
            if not messages and not self._has_ended:  # looked at again: it may have come before `clear`
                self._come.wait(seconds)
        taken = [messages.popleft() for _ in range(min(len(messages), most))]
        if len(messages) < MOST_WAITING:
            self._room.set()
        if not taken and self._has_ended and not messages:
            self.recv(timeout=0, decode=False)  # knows why it ended, and raises it
        return taken

    def close(self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Say goodbye; what comes until then is dropped."""
        self._is_left = True
        self._room.set()
        super().close(code, reason)

    def process_event(self, event: Any) -> None:
        """Queue a message (called by the library's thread, without its locks); leave all else to the library."""
        if not isinstance(event, Frame):
            super().process_event(event)
        elif event.fin and (event.opcode is _TEXT or event.opcode is _BINARY):
            self._queue(event.data)
        elif event.opcode is _TEXT or event.opcode is _BINARY or event.opcode is _CONTINUED:
            self._parts += event.data  # the library has checked the order and the size
            if event.fin:
                whole, self._parts = self._parts, bytearray()
                self._queue(whole)
        else:
            super().process_event(event)

    def _queue(self, message: Any) -> None:
        if len(self._messages) >= MOST_WAITING:
            self._wait_for_room()
        if not self._is_left:
            self._messages.append(message)
            if not self._come.is_set():
                self._come.set()

    def _wait_for_room(self) -> None:
        while True:
            self._room.clear()
            if len(self._messages) < MOST_WAITING or self._is_left:
                return
            self._room.wait(1)

    def recv_events(self) -> None:
        """Run the library's thread, and say when it has ended."""
        try:
            super().recv_events()
        finally:
            self._has_ended = True
            self._come.set()
