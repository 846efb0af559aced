"""An API under test: its parts, a client without a network, and the whole on a real port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import httpx
import orjson
import redis
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket

from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.api.access.guards import Keys
from groundswell.api.parts import Parts
from groundswell.api.server import serve
from groundswell.core.clock import SystemClock
from groundswell.core.errors import StoreUnavailable
from groundswell.ingest.accept import Door
from groundswell.models.port import Model
from groundswell.models.vader import VaderModel
from groundswell.observe import Metrics
from groundswell.stream.connect import client as connect
from groundswell.stream.publish import Publisher
from tests.patience import PATIENCE

SECRET = b"a secret of the tests"
STARTED = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The settings the API obeys, small enough to reach."""

    host: str = "127.0.0.1"
    allowed_hosts: str = "listed.example,*.wild.example"
    max_text_characters: int = 100
    max_batch_texts: int = 5
    max_body_bytes: int = 10_000
    max_json_depth: int = 64
    body_seconds: float = 20.0
    cors_origins: str = ""
    trusted_proxies: str = ""
    min_feedback: int = 10
    stream_name: str = "social_posts"
    consumer_group: str = "sentiment_workers"
    double_coding: float = 0.0


class DeadDatabase:
    """A database that never answers."""

    def ping(self) -> bool:
        return False

    def reading(self) -> NoReturn:
        raise StoreUnavailable

    transaction = reading

    def show_use(self, metrics: Metrics) -> None:
        del metrics


def make_parts(redis_url: str, *, database: Any = None, **changes: Any) -> Parts:
    """Return the parts of an API over a real Valkey; the database is dead unless given."""
    clock, metrics, limits = SystemClock(), Metrics(), Limits()
    valkey = connect(redis_url)
    publisher = Publisher(valkey, stream=limits.stream_name, max_entries=changes.pop("max_entries", 1000))
    parts: dict[str, Any] = {
        "settings": limits,
        "clock": clock,
        "metrics": metrics,
        "database": database or DeadDatabase(),
        "redis": valkey,
        "redis_url": redis_url,
        "door": Door(publisher, secret=SECRET, clock=clock, metrics=metrics),
        "reader": changes.pop("reader", None)
        or reader_of(changes.pop("model", VaderModel()), metrics, database),
        "started_at": STARTED,
    }
    return Parts(**{**parts, **changes})


def reader_of(model: Model | None, metrics: Metrics, database: Any = None) -> Reader:
    """Return what reads with `model` and nothing else."""
    rules = ReaderRules(vault=Path("nowhere"), has_fallbacks=False, seconds=20)
    reader = Reader(rules, database=database, clock=SystemClock(), metrics=metrics)
    reader.current.model = model
    if reader.versions:
        reader.versions.ship()
    return reader


@asynccontextmanager
async def calling(app: FastAPI, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that calls `app` directly, as from a program on this machine."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=headers
    ) as client:
        try:
            yield client
        finally:
            # The app does not start and stop around these calls, so nobody else closes what counts them.
            guard = getattr(getattr(app.state, "parts", None), "guard", None)
            if isinstance(guard, Keys):
                await guard.close()


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """Serve `app` on a free port and yield the port."""
    stop, ready, ports = threading.Event(), threading.Event(), list[int]()

    def announce(port: int) -> None:
        ports.append(port)
        ready.set()

    thread = threading.Thread(target=serve, args=(app, "127.0.0.1", 0, stop, announce))
    thread.start()
    try:
        assert ready.wait(PATIENCE), "the server did not start"
        yield ports[0]
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not stop"


@asynccontextmanager
async def listening(
    port: int, query: str = "", **options: Any
) -> AsyncIterator[tuple[ClientConnection, Any]]:
    """Yield a client of the live feed and the connection event that greeted it."""
    path = options.pop("path", "/api/v1/live")
    async with connect_websocket(
        f"ws://127.0.0.1:{port}{path}?{query}", proxy=None, **{"open_timeout": 60, **options}
    ) as client:
        yield client, await told(client)


async def told(client: ClientConnection) -> Any:
    """Return the next event of the live feed."""
    async with asyncio.timeout(PATIENCE):
        return orjson.loads(await client.recv())


@dataclass
class LiveStream:
    """The live stream as workers write it, fed by hand."""

    redis_url: str
    name: str = "{social_posts}:live"
    _client: redis.Redis = field(init=False)

    def __post_init__(self) -> None:
        self._client = redis.Redis.from_url(self.redis_url)

    def post(self, number: int, **facts: Any) -> str:
        """Append one analysed post; returns its cursor."""
        post = {"id": f"id-{number}", "source": "demo", "sentiment": "positive", "lang": "en", "topics": []}
        return self.event(
            "new_post", orjson.dumps({**post, "content": f"post {number}", **facts}), post["id"]
        )

    def event(self, kind: str, data: bytes, about: Any = "") -> str:
        """Append any event; returns its cursor."""
        cursor: Any = self._client.xadd(self.name, {"type": kind, "id": about, "data": data, "n": "1"})
        return str(cursor.decode())

    def trim(self, keep: int) -> None:
        """Forget all but the newest."""
        self._client.xtrim(self.name, maxlen=keep, approximate=False)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
