"""The live feed's stream: short-lived, capped events that every API process follows and resumes."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio

from groundswell.core.errors import InvalidInput
from groundswell.stream.connect import async_client, command, doubt_is_unavailable
from groundswell.stream.keys import Keys
from groundswell.stream.scripts import script

KEPT = 10_000
BLOCK_MILLISECONDS = 1_000
PAGE = 1_000
LONGEST_WAIT_SECONDS = 5.0

_CURSOR = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveEvent:
    """One event of the live feed."""

    #: resume behind this
    cursor: str
    #: new_post, erased, alert, model
    type: str
    #: the post it is about; empty for none
    id: str
    #: JSON
    data: bytes
    #: how many events of this kind it stands for
    n: int = 1


def live_event(entry_id: bytes, flat: list[bytes]) -> LiveEvent:
    """Make an event of an entry as the server answers it."""
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    return LiveEvent(
        cursor=entry_id.decode(),
        type=fields.get(b"type", b"").decode(),
        id=fields.get(b"id", b"").decode(),
        data=fields.get(b"data", b"{}"),
        n=int(fields.get(b"n", b"1")),
    )


def announce(
    client: redis.Redis,
    stream: str,
    type: str,  # noqa: A002 - the word of the feed
    data: bytes,
    *,
    id: str = "",  # noqa: A002
    keep: int = KEPT,
) -> None:
    """Append one event (`data` is JSON) to the live feed of `stream`.

    Raises `StreamUnavailable`.
    """
    fields: dict[str, str | bytes] = {"type": type, "id": id, "data": data, "n": "1"}
    with doubt_is_unavailable():
        client.xadd(Keys(stream).live, fields, maxlen=keep, approximate=True)  # type: ignore[arg-type]


def erase_live(client: redis.Redis, stream: str, ids: Iterable[str], *, keep: int = KEPT) -> int:
    """Remove the events about posts `ids`, announce that they are gone, and return how many were removed.

    No worker announces them afterwards, not even one that has committed a post and not yet
    settled it. Raises `StreamUnavailable`.
    """
    wanted = list(ids)
    if not wanted:
        return 0
    keys = Keys(stream)
    with doubt_is_unavailable():
        run = script(client, "erase_live")
        return int(run(keys=[keys.live, keys.erased, stream], args=[keep, *wanted]))


def since(client: redis.Redis, stream: str, cursor: str, limit: int) -> list[LiveEvent]:
    """Return up to `limit` events behind `cursor`, oldest first.

    Raises `InvalidInput` for a cursor that no event of ours had, `StreamUnavailable`.
    """
    if not _CURSOR.fullmatch(cursor):
        raise InvalidInput("The cursor is not one of this feed.", details={"parameter": "cursor"})
    with doubt_is_unavailable():
        found = command(client, "XRANGE", Keys(stream).live, f"({cursor}", "+", "COUNT", limit)
    return [_of_pair(entry_id, fields) for entry_id, fields in found]


def _of_pair(entry_id: bytes, fields: dict[bytes, bytes]) -> LiveEvent:
    return live_event(entry_id, [part for pair in fields.items() for part in pair])


def oldest_cursor(client: redis.Redis, stream: str) -> str | None:
    """Return the cursor of the oldest event still kept; a client that resumes before it has missed some.

    Raises `StreamUnavailable`.
    """
    with doubt_is_unavailable():
        found = command(client, "XRANGE", Keys(stream).live, "-", "+", "COUNT", 1)
    return bytes(found[0][0]).decode() if found else None


def newest_cursor(client: redis.Redis, stream: str) -> str | None:
    """Return the cursor of the last event ever added, kept or not; None if there never was one.

    Raises `StreamUnavailable`.
    """
    with doubt_is_unavailable():
        if not command(client, "EXISTS", Keys(stream).live):
            return None
        info = command(client, "XINFO STREAM", Keys(stream).live)
    return bytes(info["last-generated-id"]).decode()


async def follow(url: str, stream: str, cursor: str | None = None) -> AsyncIterator[list[LiveEvent]]:
    """Yield the events behind `cursor` (None: from now on) as they come, for ever.

    Trouble with the server is waited out; nothing behind the cursor is skipped by it. Ends by
    cancellation. It holds one connection of its own: a blocking read on a shared one would
    hold up everybody else.
    """
    client = async_client(url)
    wait = 0.1
    try:
        while True:
            try:
                cursor = cursor or await _newest(client, stream)
                events = await _next(client, stream, cursor)
                wait = 0.1
            except redis.RedisError:
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
                continue
            if events:
                cursor = events[-1].cursor
                yield events
    finally:
        await client.aclose()


async def _newest(client: redis.asyncio.Redis, stream: str) -> str:
    """Return the cursor of the newest event; `$` would miss what comes between two reads."""
    try:
        info: Any = await client.xinfo_stream(Keys(stream).live)
    except redis.ResponseError:  # there is no such stream yet
        return "0-0"
    return bytes(info["last-generated-id"]).decode()


async def _next(client: redis.asyncio.Redis, stream: str, cursor: str) -> list[LiveEvent]:
    answer: Any = await client.xread({Keys(stream).live: cursor}, count=PAGE, block=BLOCK_MILLISECONDS)
    return [_of_pair(entry_id, fields) for _, entries in answer or [] for entry_id, fields in entries]
