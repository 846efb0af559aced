"""Saved views over HTTP: kept by name, listed, removed, and nothing kept that a page could not show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from tests.api import calling

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database

PATH = "/api/v1/saved-views"
REFUNDS = {"name": "Refunds", "query": "window=week&q=refund"}


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts_of(database=database))) as client:
        yield client


async def test_views_are_listed_by_name_in_pages(api: httpx.AsyncClient) -> None:
    for name in ("refunds", "Anger", "calm"):
        assert (await api.post(PATH, json={"name": name, "query": ""})).status_code == 201
    page = (await api.get(PATH, params={"limit": 2, "offset": 1})).json()
    assert [view["name"] for view in page["data"]] == ["calm", "refunds"]
    assert page["metadata"]["total"] == 3


async def test_a_view_is_saved_once_under_a_name_and_removed_once(api: httpx.AsyncClient) -> None:
    saved = (await api.post(PATH, json=REFUNDS)).json()
    assert {name: saved[name] for name in REFUNDS} == REFUNDS
    again = await api.post(PATH, json=REFUNDS)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")
    assert (await api.delete(f"{PATH}/{saved['id']}")).status_code == 204
    assert (await api.delete(f"{PATH}/{saved['id']}")).status_code == 404
    assert (await api.get(PATH)).json()["data"] == []


@pytest.mark.parametrize("query", ["?window=week", "window=week#/system", "a\nb", "q=" + 2_000 * "x"])
async def test_what_is_no_query_of_the_page_is_refused(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.post(PATH, json={"name": "odd", "query": query})).status_code == 400
