"""Exports over HTTP: all pages of what a list or a view shows, in every form."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest
from tests.api import calling
from tests.integration.views.made import NOON, make, store

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.store import topics
from groundswell.store.database import Database
from groundswell.views import export

POSTS = make(8, 120)


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(export, "PAGE", 50)
    opened = Database(database_url)
    with opened.transaction() as connection:
        for name in ("launch", "rain"):
            topics.create(connection, name=name, any=[name])
    store(opened, POSTS)
    yield opened
    opened.close()


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    parts = parts_of(database=database, clock=ManualClock(NOON + timedelta(days=2)))
    async with calling(create_app(parts)) as client:
        yield client


async def exported(api: httpx.AsyncClient, what: str, **query: Any) -> bytes:
    answer = await api.get(f"/api/v1/export/{what}", params=query)
    assert answer.status_code == 200, answer.text
    form = query.get("format", "csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="groundswell-{what}.{form}"'
    return answer.content


def as_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def test_every_post_once_in_every_form(api: httpx.AsyncClient, tmp_path: Path) -> None:
    expected = {str(item.post.key) for item in POSTS}
    rows = as_csv(await exported(api, "posts"))
    assert len(rows) == len(POSTS) and {row["id"] for row in rows} == expected
    lines = (await exported(api, "posts", format="jsonl")).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows]
    (tmp_path / "p.parquet").write_bytes(await exported(api, "posts", format="parquet"))
    assert pq.read_table(tmp_path / "p.parquet").column("id").to_pylist() == [row["id"] for row in rows]
    book = openpyxl.load_workbook(io.BytesIO(await exported(api, "posts", format="xlsx")))
    assert [cell.value for cell in book.active["A"]][1:] == [row["id"] for row in rows]


async def test_what_is_exported_is_what_is_listed(api: httpx.AsyncClient) -> None:
    query = {"sentiment": "positive", "topic": "launch", "q": "launch -rain", "order": "oldest"}
    listed = (await api.get("/api/v1/posts", params={**query, "limit": 500})).json()["data"]
    found = as_csv(await exported(api, "posts", **query))
    assert listed and [row["id"] for row in found] == [post["id"] for post in listed]
    assert [row["topics"].split("; ") for row in found] == [post["topics"] for post in listed]
    assert [float(row["confidence"]) for row in found] == [post["confidence"] for post in listed]


@pytest.mark.parametrize("query", [{"q": '"'}, {"source": "nobody"}])
async def test_nothing_found_is_a_table_without_rows(api: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert as_csv(await exported(api, "posts", **query)) == []


async def test_views(api: httpx.AsyncClient) -> None:
    span = {"from": "2026-11-21T12:00:00Z", "to": "2026-11-22T12:00:00Z"}
    shown = (await api.get("/api/v1/sentiment/distribution", params=span)).json()
    rows = as_csv(await exported(api, "distribution", **span))
    assert [(row["sentiment"], int(row["count"])) for row in rows] == [
        (row["sentiment"], row["count"]) for row in shown["data"]
    ]
    assert float(rows[0]["interval_low"]) == shown["data"][0]["interval"][0]
    buckets = (await api.get("/api/v1/sentiment/timeline", params=span)).json()["data"]
    found = as_csv(await exported(api, "timeline", **span))
    assert [(row["bucket"], int(row["total"]), int(row["emotion_joy"] or 0)) for row in found] == [
        (bucket["bucket"], bucket["total"], bucket["emotions"].get("joy", 0)) for bucket in buckets
    ]


@pytest.mark.parametrize(
    "query", [{"format": "pdf"}, {"topic": "unknown"}, {"from": "2026-11-22", "to": "2026-11-21"}]
)
async def test_what_is_wrong_is_said_before_the_file_begins(
    api: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await api.get("/api/v1/export/posts", params=query)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "INVALID_PARAMETER"
