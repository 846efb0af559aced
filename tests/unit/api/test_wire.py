"""Before a key is seen: heads without end, and none at all, cost a stranger his connection and nobody else anything."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from tests.api import listening, served
from websockets.exceptions import InvalidStatus

from groundswell.api.wire import MOST_HEAD_BYTES, BoundedHeads

PIECE = 4096
MOST_SENT = 64 * 1024 * 1024
"""A server without a bound takes all of this; one with a bound hangs up long before."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = FastAPI()

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.websocket("/api/v1/live")
    async def live(feed: WebSocket) -> None:
        await feed.send_denial_response(Response(status_code=401))

    with served(app) as found:
        yield found


def talking(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 30)


def sent_until_hung_up(line: socket.socket, piece: bytes) -> int:
    """Send a piece again and again; return how many bytes were taken before the other end was gone."""
    sent = 0
    try:
        while sent < MOST_SENT:
            line.sendall(piece)
            sent += len(piece)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return sent


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"GET /", b"a" * PIECE),
        (b"GET /?", b"a=b&" * (PIECE // 4)),
        (b"GET / HTTP/1.1\r\nX: ", b"a" * PIECE),
        (b"GET / HTTP/1.1\r\n", b"X-Ray: 1\r\n" * (PIECE // 10)),
    ],
    ids=["path", "query", "one header", "many headers"],
)
def test_a_head_without_end_is_cut_off(port: int, beginning: bytes, piece: bytes) -> None:
    with talking(port) as line:
        line.sendall(beginning)
        assert sent_until_hung_up(line, piece) < MOST_SENT


def test_the_largest_head_is_taken_and_one_over_is_told_so(port: int) -> None:
    for size, status in ((MOST_HEAD_BYTES - 100, b" 200 "), (MOST_HEAD_BYTES + 100, b" 431 ")):
        with talking(port) as line:
            line.sendall(b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX: ")
            line.sendall(b"a" * size)
            line.sendall(b"\r\n\r\n" if status == b" 200 " else b"")
            assert status in line.recv(4096).split(b"\r\n")[0]


def test_large_bodies_and_later_requests_of_a_connection_are_not_counted_as_heads(port: int) -> None:
    body = b"x" * (10 * MOST_HEAD_BYTES)
    request = b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with talking(port) as line, line.makefile("rb") as answers:
        for _ in range(3):
            line.sendall(request)
            assert b" 200 " in answers.readline()
            while answers.readline() != b"\r\n":
                pass
            assert answers.read(len(str(len(body)))) == str(len(body)).encode()


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"], ids=["nothing", "half a head"])
def test_who_never_ends_his_head_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, port: int, beginning: bytes
) -> None:
    monkeypatch.setattr(BoundedHeads, "head_seconds", 0.05)
    with talking(port) as line:
        line.sendall(beginning)
        assert b" 408 " in line.recv(4096).split(b"\r\n")[0]
        assert line.recv(4096) == b""


async def test_strangers_who_are_refused_a_socket_do_not_fill_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):  # what is said of the first is said before the second is answered
        with pytest.raises(InvalidStatus) as refused:
            async with listening(port):
                pass
        assert refused.value.response.status_code == 401
    assert [record.message for record in caplog.records if record.name.startswith("uvicorn")] == []
