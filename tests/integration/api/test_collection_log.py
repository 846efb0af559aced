"""The collection log over HTTP: what happened to each source, the newest first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.api import calling

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store import collection
from groundswell.store.database import Database

PATH = "/api/v1/collection-log"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts_of(database=database))) as client:
        yield client


async def test_the_log_tells_of_all_sources_or_of_one(api: httpx.AsyncClient, database: Database) -> None:
    later = NOON + timedelta(minutes=5)
    with database.transaction() as connection:
        collection.log(connection, source="bluesky", kind="started", start=NOON)
        collection.log(connection, source="file:a.csv", kind="started", start=NOON)
        collection.log(connection, source="bluesky", kind="gap", start=NOON, end=later, detail="cut off")
    both = (await api.get(PATH, params={"limit": 2})).json()
    assert [(one["source"], one["kind"]) for one in both["data"]] == [
        ("bluesky", "gap"),
        ("file:a.csv", "started"),
    ]
    assert both["metadata"]["total"] == 3
    assert both["data"][0]["ends_at"] == "2026-11-21T12:05:00Z"
    one = (await api.get(PATH, params={"source": "file:a.csv"})).json()
    assert [entry["kind"] for entry in one["data"]] == ["started"]
