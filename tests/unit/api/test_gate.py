"""The gate ends what a key has opened, at whatever moment the key ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from groundswell.api.access.gate import Gate
from groundswell.api.access.guards import Open
from groundswell.api.access.peers import Peers
from groundswell.observe import Metrics


class Ending(Open):
    """A guard whose keys end when it is told."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def until_gone(self, caller: object) -> None:
        del caller
        await self.ended.wait()


@pytest.mark.parametrize("is_before", [True, False], ids=["in the handshake", "while it is open"])
async def test_a_key_that_ends_ends_its_socket_also_in_the_handshake(is_before: bool) -> None:
    guard, said, sent = Ending(), asyncio.Queue[Message](), list[Message]()
    disconnected = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal disconnected
        socket = WebSocket(scope, receive, send)
        if is_before:
            guard.ended.set()
            await asyncio.sleep(0)  # lets the watcher of the key see it
            await asyncio.sleep(0)
        await socket.accept()
        guard.ended.set()
        try:
            await socket.receive_text()
        except WebSocketDisconnect:
            disconnected = True

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/api/v1/live",
        "headers": [],
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "extensions": {"websocket.http.response": {}},
    }
    await said.put({"type": "websocket.connect"})
    gate = Gate(app, guard, Peers(), lambda _: "read", Metrics())
    await asyncio.wait_for(gate(scope, said.get, send), 60)
    kinds = [(message["type"], message.get("status", message.get("code"))) for message in sent]
    assert disconnected
    if is_before:
        assert kinds[0] == ("websocket.http.response.start", 401), kinds
    else:
        assert kinds == [("websocket.accept", None), ("websocket.close", 1008)]
