"""One client of the live feed: what it missed, then what happens, until one side goes."""

import asyncio
from datetime import datetime

import orjson
from starlette.websockets import WebSocket

from groundswell.api.live.feed import START, Feed, Message, position
from groundswell.api.live.hub import Hub
from groundswell.api.live.mailbox import Mailbox, Wish

SEND_SECONDS = 30.0
"""A client that takes nothing for so long is let go; pings find dead ones sooner."""

PAGE = 500

WELCOME = "Connected to the live feed of Groundswell."


async def attend(
    socket: WebSocket, hub: Hub, wish: Wish, *, behind: str | None, key: str, now: datetime
) -> None:
    """Serve one client until it leaves, or reads nothing for `SEND_SECONDS`.

    Raises `Busy` or `StreamUnavailable` before the handshake is answered.
    """
    async with hub.joined(wish, behind=behind, key=key) as (mailbox, start):
        await socket.accept()
        await _send(socket, _welcome(behind or start, now))
        sending = asyncio.create_task(_serve(socket, hub.feed, mailbox, behind, start))
        leaving = asyncio.create_task(_until_gone(socket))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)


def _welcome(cursor: str, now: datetime) -> str:
    frame = {"type": "connection", "message": WELCOME, "timestamp": now, "cursor": cursor}
    return orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode()


async def _serve(socket: WebSocket, feed: Feed, mailbox: Mailbox, behind: str | None, start: str) -> None:
    if behind is not None:
        await _replay(socket, feed, mailbox.wish, behind, start)
    while True:
        await _send(socket, await mailbox.take())


async def _replay(socket: WebSocket, feed: Feed, wish: Wish, behind: str, until: str) -> None:
    """Send what the client wants of the events behind its cursor up to `until`, whatever its rate."""
    oldest, _ = await feed.ends()
    if behind != START and position(behind) < position(oldest):
        await _send(socket, '{"type":"gap","missed":null}')
    while position(behind) < position(until):
        events = await feed.since(behind, PAGE)
        for message in map(Message.of, events):
            if message.position > position(until):
                return
            if wish.covers(message):
                await _send(socket, message.text)
        if len(events) < PAGE:
            return
        behind = events[-1].cursor


async def _send(socket: WebSocket, text: str) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await socket.send_text(text)


async def _until_gone(socket: WebSocket) -> None:
    """Read and drop what the client says, until it goes."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
