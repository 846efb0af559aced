"""Topics over HTTP: created, listed, changed, removed; bounds and names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from tests.api import calling

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.topic import MAX_TERM_CHARACTERS, MAX_TERMS
from groundswell.store.database import Database

PATH = "/api/v1/topics"
LAUNCH: dict[str, Any] = {"name": "launch", "any": ["launch", "lift off"], "all": [], "none": ["rehearsal"]}


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts_of(database=database))) as client:
        yield client


async def create(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json={**LAUNCH, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_topic_is_created_and_read(api: httpx.AsyncClient) -> None:
    answer = await api.post(PATH, json=LAUNCH)
    topic = answer.json()
    assert answer.status_code == 201
    assert {name: topic[name] for name in LAUNCH} == LAUNCH
    assert topic["matched_since"] is not None
    read = await api.get(answer.headers["location"])
    assert read.json() == topic


async def test_topics_are_listed_in_pages(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await create(api, name=f"topic {number}")
    page = (await api.get(PATH, params={"limit": 2, "offset": 3})).json()
    assert [topic["name"] for topic in page["data"]] == ["topic 3", "topic 4"]
    assert page["metadata"]["total"] == 5


async def test_a_used_name_is_a_conflict(api: httpx.AsyncClient) -> None:
    await create(api)
    other = await create(api, name="other")
    for answer in (
        await api.post(PATH, json=LAUNCH),
        await api.put(f"{PATH}/{other['id']}", json=LAUNCH),
        await api.patch(f"{PATH}/{other['id']}", json={"name": "launch"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


async def test_a_topic_is_replaced_or_changed_in_part(api: httpx.AsyncClient) -> None:
    id_ = (await create(api))["id"]
    replaced = (await api.put(f"{PATH}/{id_}", json={"name": "moon", "all": ["moon"]})).json()
    assert (replaced["name"], replaced["any"], replaced["all"]) == ("moon", [], ["moon"])
    changed = (await api.patch(f"{PATH}/{id_}", json={"none": ["cheese"]})).json()
    assert (changed["name"], changed["all"], changed["none"]) == ("moon", ["moon"], ["cheese"])


async def test_a_topic_is_removed_once(api: httpx.AsyncClient) -> None:
    id_ = (await create(api))["id"]
    assert (await api.delete(f"{PATH}/{id_}")).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, f"{PATH}/{id_}")).status_code == 404
    assert (await api.put(f"{PATH}/{id_}", json=LAUNCH)).status_code == 404
    assert (await api.patch(f"{PATH}/{id_}", json={"name": "x"})).status_code == 404


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"any": []}, "body"),
        ({"any": ["  "]}, "any.0"),
        ({"any": ["a\0b"]}, "any.0"),
        ({"any": ["x" * (MAX_TERM_CHARACTERS + 1)]}, "any.0"),
        ({"none": [f"term {i}" for i in range(MAX_TERMS + 1)]}, "none"),
        ({"any": "launch"}, "any"),
        ({"colour": "blue"}, "colour"),
    ],
)
async def test_bounds(api: httpx.AsyncClient, changes: dict[str, Any], parameter: str) -> None:
    answer = await api.post(PATH, json={**LAUNCH, **changes})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["parameter"] == parameter


async def test_a_change_cannot_leave_a_topic_that_finds_nothing(api: httpx.AsyncClient) -> None:
    id_ = (await create(api))["id"]
    answer = await api.patch(f"{PATH}/{id_}", json={"any": []})
    assert answer.status_code == 400
    assert (await api.get(f"{PATH}/{id_}")).json()["any"] == LAUNCH["any"]


async def test_terms_are_trimmed_and_kept_once(api: httpx.AsyncClient) -> None:
    assert (await create(api, any=[" launch ", "launch", "lift off"]))["any"] == ["launch", "lift off"]
