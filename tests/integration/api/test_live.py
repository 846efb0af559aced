from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
import pytest
from fastapi import FastAPI
from tests.api import LiveStream, listening, served, told
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groundswell.api.app import create_app
from groundswell.api.parts import Parts


async def posts(client: ClientConnection, number: int) -> list[str]:
    """Return the ids of the next posts; other events are skipped."""
    found: list[str] = []
    while len(found) < number:
        event = await told(client)
        if event["type"] == "new_post":
            found.append(event["data"]["id"])
    return found


@pytest.mark.parametrize("path", ["/api/v1/live", "/ws/sentiment", "/ws"])
async def test_events_arrive_as_they_happen(app: FastAPI, live_stream: LiveStream, path: str) -> None:
    live_stream.post(0)
    with served(app) as port:
        async with listening(port, path=path) as (client, greeting):
            assert greeting["type"] == "connection" and greeting["message"] and greeting["timestamp"]
            cursor = live_stream.post(1)
            event = await told(client)

    assert event["type"] == "new_post" and event["cursor"] == cursor
    assert event["data"]["id"] == "id-1" and event["data"]["content"] == "post 1"


async def test_each_client_gets_what_it_wants(app: FastAPI, live_stream: LiveStream) -> None:
    with served(app) as port:
        async with (
            listening(port, "sentiment=negative&lang=en") as (angry, _),
            listening(port, "source=reddit&topic=launch") as (launch, _),
        ):
            live_stream.post(1, sentiment="negative")
            live_stream.post(2, sentiment="negative", lang="de")
            live_stream.post(3, source="reddit", topics=["launch", "other"])
            live_stream.post(4, source="reddit", topics=["other"])
            live_stream.post(5, sentiment="negative", source="reddit", topics=["launch"])

            assert await posts(angry, 2) == ["id-1", "id-5"]
            assert await posts(launch, 2) == ["id-3", "id-5"]


async def test_resuming_shows_each_event_once(app: FastAPI, live_stream: LiveStream) -> None:
    with served(app) as port:
        async with listening(port, "rate=10000") as (client, _):
            live_stream.post(0)
            cursor = (await told(client))["cursor"]
        for number in range(1, 700):  # more than a page while nobody listens
            live_stream.post(number)
        async with listening(port, f"rate=10000&cursor={cursor}") as (client, greeting):
            assert greeting["cursor"] == cursor
            for number in range(700, 800):
                live_stream.post(number)
            seen = await posts(client, 799)

    assert seen == [f"id-{number}" for number in range(1, 800)]


async def test_resuming_behind_the_newest_event_shows_only_what_follows(
    app: FastAPI, live_stream: LiveStream
) -> None:
    cursor = live_stream.post(1)
    with served(app) as port:
        async with listening(port, f"cursor={cursor}") as (client, _):
            live_stream.post(2)
            assert await posts(client, 1) == ["id-2"]


async def test_resuming_before_what_is_kept_is_told(app: FastAPI, live_stream: LiveStream) -> None:
    first, *_ = [live_stream.post(number) for number in range(5)]
    live_stream.trim(2)
    with served(app) as port:
        async with listening(port, f"cursor={first}") as (client, _):
            assert await told(client) == {"type": "gap", "missed": None}
            assert await posts(client, 2) == ["id-3", "id-4"]


async def test_a_slow_client_loses_the_oldest_and_is_told(
    app: FastAPI, live_stream: LiveStream, parts: Parts, eventually: Callable[..., None]
) -> None:
    big = "x" * 9_000
    sent = 3_000

    def missed() -> float:
        return parts.metrics.registry.get_sample_value("groundswell_live_missed_total") or 0

    with served(app) as port:
        async with listening(port, "rate=10000", max_queue=1) as (client, _):
            live_stream.post(0)
            assert await posts(client, 1) == ["id-0"]
            for number in range(1, sent + 1):  # 27 MB, far beyond the buffers of both ends
                live_stream.post(number, content=big)
            await asyncio.to_thread(eventually, missed)
            last = live_stream.post(sent + 1)
            gaps, seen = 0, list[str]()
            while True:
                event = await told(client)
                if event["type"] == "gap":
                    gaps += event["missed"]
                elif event["type"] == "new_post":
                    seen.append(event["data"]["id"])
                    if event["cursor"] == last:
                        break

    assert gaps == missed() > 0
    assert len(seen) + gaps == sent + 1
    assert seen == sorted(seen, key=lambda name: int(name[3:]))


async def test_an_erased_post_is_announced(app: FastAPI, live_stream: LiveStream) -> None:
    with served(app) as port:
        async with listening(port, "source=nobody") as (client, _):
            live_stream.event("erased", b'{"id":"id-1"}', "id-1")
            event = await told(client)
    assert (event["type"], event["data"]) == ("erased", {"id": "id-1"})


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("sentiment=angry", {}, 400),
        ("rate=0", {}, 400),
        ("cursor=yesterday", {}, 400),
        ("", {"Origin": "https://evil.example"}, 403),
        ("", {"Host": "evil.example"}, 403),
    ],
)
async def test_a_wrong_handshake_is_refused_in_the_envelope(
    app: FastAPI, query: str, headers: dict[str, str], status: int
) -> None:
    with served(app) as port, pytest.raises(InvalidStatus) as refused:
        async with listening(port, query, additional_headers=headers):
            pass
    response = refused.value.response
    assert response.status_code == status and response.headers["X-Request-ID"]
    assert orjson.loads(response.body or b"")["error"]["message"]


async def test_without_the_stream_the_handshake_is_503(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of()
    parts.redis.connection_pool.connection_kwargs["path"] = "/nowhere.sock"
    with served(create_app(parts)) as port, pytest.raises(InvalidStatus) as refused:
        async with listening(port):
            pass
    assert refused.value.response.status_code == 503


async def test_a_frame_that_is_too_large_ends_the_connection(app: FastAPI) -> None:
    with served(app) as port:
        async with listening(port) as (client, _):
            await client.send("hello")  # is read and ignored
            await client.send("x" * 70_000)
            with pytest.raises(ConnectionClosed):
                await told(client)


async def test_stopping_the_server_ends_the_feed(app: FastAPI) -> None:
    client: ClientConnection
    with served(app) as port:
        client = await connect(f"ws://127.0.0.1:{port}/ws", proxy=None)
        await told(client)
    with pytest.raises(ConnectionClosed):
        await told(client)
    await client.close()
