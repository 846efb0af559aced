"""The WebSocket of the live feed, at its path and at the paths earlier clients use."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, WebSocket

from groundswell.api.live.mailbox import Wish
from groundswell.api.live.session import attend
from groundswell.api.parts import Parts, ThisParts, ThisServices
from groundswell.api.permissions import caller_of, permission
from groundswell.core.errors import StoreUnavailable
from groundswell.store import topics
from groundswell.views.topic_names import topic_number

router = APIRouter()

Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,15}-\d{1,15}$", description="Resume behind this event; what came since is sent first."
    ),
]


async def wish(
    parts: ThisParts,
    topic: Annotated[str | None, Query(max_length=200, description="A topic's name or number.")] = None,
    source: Annotated[str | None, Query(max_length=200, description="Posts of this source only.")] = None,
    sentiment: Annotated[
        Literal["negative", "neutral", "positive"] | None, Query(description="Posts of this mood only.")
    ] = None,
    lang: Annotated[
        str | None, Query(max_length=35, description="Posts in this language only; `und`: in none declared.")
    ] = None,
    rate: Annotated[
        float, Query(gt=0, le=10_000, description="Posts a second; of more the feed is a sample.")
    ] = 20.0,
) -> Wish:
    """Return what the client wants to see.

    Raises `InvalidInput` where there is no such topic.
    """
    if topic is not None:
        topic = await asyncio.to_thread(_topic_name, parts, topic)
    language = lang.lower() if lang else None
    return Wish(topic=topic, source=source, sentiment=sentiment, lang=language, rate=rate)


def _topic_name(parts: Parts, asked: str) -> str:
    """Return the name of the topic asked for by name, in any case, or number: events carry names.

    While the database is away the name is taken as it was said.
    """
    try:
        with parts.database.reading() as connection:
            return topics.get(connection, topic_number(connection, asked)).topic.name
    except StoreUnavailable:
        return asked


ThisWish = Annotated[Wish, Depends(wish)]


@router.websocket("/api/v1/live", dependencies=[permission("read")])
@router.websocket("/ws/sentiment", dependencies=[permission("read")])
@router.websocket("/ws", dependencies=[permission("read")])
async def live(
    socket: WebSocket, parts: ThisParts, services: ThisServices, wish: ThisWish, cursor: Cursor = None
) -> None:
    """Send what happens as it happens."""
    caller = caller_of(socket)
    key = caller.key if caller else ""
    await attend(socket, services.hub, wish, behind=cursor, key=key, now=parts.clock.now())
