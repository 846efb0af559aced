"""Posts over HTTP: pages, one post, search, and erasure that leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from tests.api import SECRET, calling
from tests.integration.views.made import NOON, make, store

from groundswell.api.answers.listing import Listing
from groundswell.api.answers.posts import PostAnswer, PostWithAnalyses
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.core.identity import pseudonym
from groundswell.store import topics
from groundswell.store.database import Database

PATH = "/api/v1/posts"
POSTS = make(8, 150)
BY_ID = {str(item.post.key): item for item in POSTS}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    with opened.transaction() as connection:
        for name in ("launch", "rain"):
            topics.create(connection, name=name, any=[name])
    store(opened, POSTS)
    yield opened
    opened.close()


@pytest.fixture
def parts(parts_of: Callable[..., Parts], database: Database) -> Parts:
    return parts_of(database=database, clock=ManualClock(NOON.replace(day=23)))


@pytest.fixture
async def api(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts)) as client:
        yield client


async def listed(api: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await api.get(PATH, params={name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_page_has_the_form_of_the_interface(api: httpx.AsyncClient) -> None:
    found = await listed(api)
    Listing[PostAnswer].model_validate_json(orjson.dumps(found))
    assert found["metadata"] == {
        "total": len(POSTS),
        "total_is_lower_bound": False,
        "limit": 20,
        "offset": 0,
        "next_cursor": found["metadata"]["next_cursor"],
    }
    assert len(found["data"]) == 20 and found["metadata"]["next_cursor"]
    shown = next(post for post in found["data"] if post["emotion"] and post["topics"])
    item = BY_ID[shown["id"]]
    assert set(shown) == {
        *("id", "post_id", "source", "content", "author", "url", "lang"),
        *("created_at", "ingested_at", "analyzed_at"),
        *("sentiment", "confidence", "scores", "emotion", "model_used", "fallback_used", "topics"),
    }
    assert shown["confidence"] == pytest.approx(item.reading.confidence, abs=1e-4)
    assert sum(shown["scores"].values()) == pytest.approx(1)
    assert (shown["sentiment"], shown["emotion"]) == (item.reading.sentiment, item.reading.emotion)
    assert shown["topics"] == [{1: "launch", 2: "rain"}[topic] for topic in item.topics]
    assert shown["ingested_at"].endswith("Z")


async def test_the_cursor_leads_through_all_posts_in_its_own_order(api: httpx.AsyncClient) -> None:
    page = await listed(api, limit=17, order="oldest", clock="created")
    seen = page["data"]
    while cursor := page["metadata"]["next_cursor"]:
        page = await listed(api, limit=17, cursor=cursor)
        seen += page["data"]
    assert {post["id"] for post in seen} == set(BY_ID) and len(seen) == len(POSTS)
    assert [post["created_at"] for post in seen] == sorted(post["created_at"] for post in seen)


async def test_filters_combine(api: httpx.AsyncClient) -> None:
    query = {"sentiment": "positive", "source": "reddit", "topic": "rain", "model": "minilm", "limit": 500}
    found = await listed(api, **query)
    expected = {
        key
        for key, item in BY_ID.items()
        if item.reading.sentiment == "positive"
        and item.post.source == "reddit"
        and 2 in item.topics
        and item.reading.model_used.startswith("minilm@")
    }
    assert expected and {post["id"] for post in found["data"]} == expected
    assert found["metadata"]["total"] == len(expected)


async def test_search_and_window_combine(api: httpx.AsyncClient) -> None:
    begin = "2026-11-21T18:00:00"
    found = await listed(api, q='lov* -"rain lovely"', from_=begin, limit=500)
    expected = {
        key
        for key, item in BY_ID.items()
        if "lovely" in item.post.content
        and "rain lovely" not in item.post.content
        and item.post.ingested_at >= NOON.replace(hour=18)
    }
    assert expected and {post["id"] for post in found["data"]} == expected


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"sentiment": "happy"}, "sentiment"),
        ({"emotion": "boredom"}, "emotion"),
        ({"order": "random"}, "order"),
        ({"topic": "nowhere"}, "topic"),
        ({"q": "x" * 501}, "q"),
        ({"from": "2026-11-22", "to": "2026-11-21"}, "to"),
        ({"from": "2026"}, "from"),
        ({"to": "20261121"}, "to"),
        ({"to": " 2026.0"}, "to"),
        ({"lang": "e\0n"}, "lang"),
    ],
)
async def test_what_is_wrong_is_named(api: httpx.AsyncClient, query: dict[str, str], parameter: str) -> None:
    answer = await api.get(PATH, params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["parameter"] == parameter


async def test_a_cursor_cannot_be_contradicted(api: httpx.AsyncClient) -> None:
    cursor = (await listed(api))["metadata"]["next_cursor"]
    for parameter, value in (("order", "oldest"), ("clock", "created"), ("offset", "3")):
        answer = await api.get(PATH, params={"cursor": cursor, parameter: value})
        assert answer.json()["error"]["details"]["parameter"] == parameter
    same = {"cursor": cursor, "order": "newest", "clock": "ingested", "offset": "0"}
    assert (await api.get(PATH, params=same)).status_code == 200


async def test_one_post_comes_with_its_analyses(api: httpx.AsyncClient) -> None:
    key, item = next((key, item) for key, item in BY_ID.items() if item.reading.emotions)
    answer = await api.get(f"{PATH}/{key}")
    found = answer.json()
    PostWithAnalyses.model_validate_json(answer.content)
    (analysis,) = found["analyses"]
    assert analysis["model_used"] == found["model_used"] == item.reading.model_used
    assert max(analysis["emotions"], key=lambda name: analysis["emotions"][name]) == item.reading.emotion


async def test_a_post_that_is_not_there_and_an_id_that_is_none(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"{PATH}/{UUID(int=7)}")).status_code == 404
    assert (await api.get(f"{PATH}/seven")).status_code == 400


# -- erasure -------------------------------------------------------------------------------------------------


async def test_a_deleted_post_is_gone_and_counted_out(api: httpx.AsyncClient) -> None:
    key = next(iter(BY_ID))
    answer = await api.delete(f"{PATH}/{key}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await api.get(f"{PATH}/{key}")).status_code == 404
    assert (await listed(api))["metadata"]["total"] == len(POSTS) - 1
    assert (await api.delete(f"{PATH}/{key}")).status_code == 204


async def test_a_deleted_post_cannot_come_back(api: httpx.AsyncClient, database: Database) -> None:
    unknown = make(9, 1)
    assert (await api.delete(f"{PATH}/{unknown[0].post.key}")).status_code == 204
    store(database, unknown)
    assert (await listed(api))["metadata"]["total"] == len(POSTS)


async def test_everything_of_an_author_goes_by_pseudonym(api: httpx.AsyncClient) -> None:
    author = POSTS[0].post.author
    theirs = sum(item.post.author == author for item in POSTS)
    answer = await api.delete(f"/api/v1/authors/{author}")
    assert answer.json() == {"author": author, "erased": theirs}
    assert (await listed(api))["metadata"]["total"] == len(POSTS) - theirs
    assert (await api.delete(f"/api/v1/authors/{author}")).json()["erased"] == 0


@pytest.mark.parametrize("name", ["ana", "did:plc:ana/1", "Zoë"])
async def test_an_author_may_be_named_as_at_the_source(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.delete(f"/api/v1/authors/{name}")
    assert answer.json() == {"author": pseudonym(SECRET, name), "erased": 0}
