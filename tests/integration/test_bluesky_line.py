"""The connection's own queue: every message once and in order, no more than fits, and it always lets go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from groundswell.sources import bluesky_line
from groundswell.sources.bluesky_line import Line


@contextmanager
def line(handle: Callable[[ServerConnection], None]) -> Iterator[Line]:
    """Connect to a server that does this."""
    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
            with connect(url, create_connection=Line, proxy=None, close_timeout=1) as connection:
                assert isinstance(connection, Line)
                yield connection
        finally:
            server.shutdown()
            thread.join(10)


def everything(connection: Line, most: int = 100) -> Iterator[bytes]:
    """Take until the server goes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            taken = connection.take(1, most)
        except ConnectionClosed:
            return
        assert len(taken) <= most
        yield from map(bytes, taken)
    raise AssertionError("the server never went")


def test_messages_come_once_in_order_and_the_end_comes_last() -> None:
    def handle(socket: ServerConnection) -> None:
        for number in range(5_000):
            socket.send(f"message {number}")

    with line(handle) as connection:
        assert list(everything(connection)) == [f"message {number}".encode() for number in range(5_000)]


def test_a_message_in_parts_is_one_message() -> None:
    def handle(socket: ServerConnection) -> None:
        def parts() -> Iterator[str]:
            yield "in "
            socket.ping()
            yield "three "
            yield "parts"

        socket.send("before")
        socket.send(parts())
        socket.send(b"behind")

    with line(handle) as connection:
        assert list(everything(connection)) == [b"before", b"in three parts", b"behind"]


def test_none_is_no_end() -> None:
    release = threading.Event()
    with line(lambda _: assert_waited(release)) as connection:
        assert connection.take(0.01, 9) == [] and connection.take(0, 9) == []
        release.set()
        assert list(everything(connection)) == []


def assert_waited(release: threading.Event) -> None:
    assert release.wait(60)


def test_more_than_fits_waits_outside_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_line, "MOST_WAITING", 10)

    def handle(socket: ServerConnection) -> None:
        for number in range(300):
            socket.send(str(number))

    with line(handle) as connection:
        until_full(connection, 10)
        taken = []
        for message in everything(connection, most=7):
            assert len(connection._messages) <= 10
            taken.append(int(message))
    assert taken == list(range(300))


def test_a_full_queue_holds_nobody_back_who_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_line, "MOST_WAITING", 10)

    def handle(socket: ServerConnection) -> None:
        for number in range(300):
            socket.send(str(number))

    with line(handle) as connection:
        until_full(connection, 10)
        connection.close()
        connection.recv_events_thread.join(30)
        assert not connection.recv_events_thread.is_alive()


def until_full(connection: Line, most: int) -> None:
    deadline = time.monotonic() + 60
    while len(connection._messages) < most:
        assert time.monotonic() < deadline
        time.sleep(0.01)
