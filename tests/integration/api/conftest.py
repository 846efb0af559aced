from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api import LiveStream, calling, make_parts

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def parts_of(redis_url: str) -> Iterator[Callable[..., Parts]]:
    """Makes parts over the test's Valkey and closes their connections at the end."""
    made: list[Parts] = []

    def make(**changes: Any) -> Parts:
        made.append(make_parts(redis_url, **changes))
        return made[-1]

    yield make
    for parts in made:
        parts.redis.close()


@pytest.fixture
def parts(parts_of: Callable[..., Parts]) -> Parts:
    return parts_of()


@pytest.fixture
def app(parts: Parts) -> FastAPI:
    return create_app(parts)


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(app) as client:
        yield client


@pytest.fixture
def live_stream(redis_url: str) -> Iterator[LiveStream]:
    stream = LiveStream(redis_url)
    yield stream
    stream.close()
