"""Distribution and timeline over HTTP: their form, their windows, what is kept and what is sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from tests.api import calling
from tests.integration.views.made import A_DAY, NOON, THE_DAY_AFTER, make, recount, store

from groundswell.api.answers.sentiment import DistributionAnswer, TimelineAnswer
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.core.post import Post
from groundswell.store import topics
from groundswell.store.database import Database
from groundswell.stream.publish import Publisher
from groundswell.views.filters import EVERYTHING, Filters, Window

DISTRIBUTION = "/api/v1/sentiment/distribution"
TIMELINE = "/api/v1/sentiment/timeline"


async def asked(api: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(path, params={name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(api: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(path, params={name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 400, answer.text
    found: dict[str, Any] = answer.json()["error"]
    return found


async def test_a_distribution_has_the_form_of_the_interface(api: httpx.AsyncClient) -> None:
    found = await asked(
        api, DISTRIBUTION, from_=NOON.isoformat(), to=(NOON + timedelta(hours=10)).isoformat()
    )
    DistributionAnswer.model_validate_json(orjson.dumps(found))
    expected = recount(A_DAY, Window(start=NOON, end=NOON + timedelta(hours=10)), EVERYTHING)
    assert {row["sentiment"]: row["count"] for row in found["data"]} == {s: expected[s] for s in SENTIMENTS}
    row = found["data"][0]
    assert list(row) == ["sentiment", "count", "share", "percentage", "interval"]
    assert row["interval"][0] < row["share"] < row["interval"][1]
    assert found["metadata"] == {
        "total": expected["total"],
        "fallback_count": expected["fallback"],
        "model_versions": ["minilm@1", "minilm@2", "vader@1"],
        "from": "2026-11-21T12:00:00Z",
        "to": "2026-11-21T22:00:00Z",
        "as_of": "2026-11-22T10:30:20Z",
        "complete": True,
    }
    assert {row["emotion"] for row in found["emotions"]} == set(EMOTIONS)


async def test_a_timeline_has_the_form_of_the_interface_and_sums_to_the_distribution(
    api: httpx.AsyncClient,
) -> None:
    query = {
        "from_": "2026-11-21T12:17:30Z",
        "to": "2026-11-22T03:03:00Z",
        "clock": "created",
        "model": "minilm",
    }
    whole = await asked(api, DISTRIBUTION, **query)
    for period in ("minute", "hour", "day"):
        found = await asked(api, TIMELINE, **query, period=period)
        TimelineAnswer.model_validate_json(orjson.dumps(found))
        for sentiment in whole["data"]:
            assert sum(row[sentiment["sentiment"]] for row in found["data"]) == sentiment["count"]
        period_of = {**found["metadata"], "period": None}
        assert period_of == {**whole["metadata"], "period": None}
    empty = next(
        row for row in (await asked(api, TIMELINE, **query, period="minute"))["data"] if not row["total"]
    )
    assert empty["mean_scores"] == dict.fromkeys(SENTIMENTS)
    assert empty["emotions"] == dict.fromkeys(EMOTIONS, 0)


async def test_without_edges_the_window_is_the_last_24_hours_with_this_minute(api: httpx.AsyncClient) -> None:
    metadata = (await asked(api, DISTRIBUTION))["metadata"]
    assert (metadata["from"], metadata["to"]) == ("2026-11-21T10:30:00Z", "2026-11-22T10:31:00Z")
    assert metadata["total"] + metadata["fallback_count"] == len(A_DAY)
    assert not metadata["complete"]


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ({"hours": "0.5"}, "2026-11-22T10:00:00Z", "2026-11-22T10:31:00Z"),
        ({"to": "2026-11-22T10:00:00Z", "hours": "2"}, "2026-11-22T08:00:00Z", "2026-11-22T10:00:00Z"),
        ({"from": "2026-11-22T08:00:00Z", "hours": "2"}, "2026-11-22T08:00:00Z", "2026-11-22T10:00:00Z"),
        ({"from": "2026-11-22T08:00:00Z"}, "2026-11-22T08:00:00Z", "2026-11-22T10:31:00Z"),
        ({"from": "2026-11-21", "to": "2026-11-22"}, "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
        ({"from": "2026-11-22T09:00:00 01:00", "hours": "1"}, "2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z"),
        ({"from": "2026-11-22T09:00", "hours": "1"}, "2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z"),
    ],
)
async def test_windows(api: httpx.AsyncClient, query: dict[str, str], start: str, end: str) -> None:
    metadata = (await asked(api, DISTRIBUTION, **query))["metadata"]
    assert (metadata["from"], metadata["to"]) == (start, end)


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        (DISTRIBUTION, {"from": "yesterday"}, "from"),
        (DISTRIBUTION, {"hours": "0"}, "hours"),
        (DISTRIBUTION, {"hours": "nan"}, "hours"),
        (DISTRIBUTION, {"hours": "1", "from": "2026-11-21", "to": "2026-11-22"}, "hours"),
        (DISTRIBUTION, {"from": "2026-11-22", "to": "2026-11-21"}, "to"),
        (DISTRIBUTION, {"clock": "wall"}, "clock"),
        (DISTRIBUTION, {"topic": "nowhere"}, "topic"),
        (DISTRIBUTION, {"source": "a\0b"}, "source"),
        (TIMELINE, {"period": "week"}, "period"),
        (TIMELINE, {"period": "minute", "hours": "1000"}, "period"),
    ],
)
async def test_what_is_wrong_is_named(
    api: httpx.AsyncClient, path: str, query: dict[str, str], parameter: str
) -> None:
    assert (await refused(api, path, **query))["details"]["parameter"] == parameter


async def test_edges_of_time_itself_are_refused_in_a_sentence(api: httpx.AsyncClient) -> None:
    for query in ({"from": "9999-12-31T23:59:59Z", "hours": "5"}, {"to": "0001-01-01T00:00:00Z"}):
        assert "years" in (await refused(api, DISTRIBUTION, **query))["message"]
    assert await refused(api, DISTRIBUTION, from_="0001-01-01T00:00:00+05:00")
    last = {"from_": "9999-12-30", "to": "9999-12-31T12:00:00"}
    assert "years" in (await refused(api, TIMELINE, period="day", **last))["message"]
    assert len((await asked(api, TIMELINE, period="hour", **last))["data"]) == 36


async def test_filters_reach_the_counts_and_topics_go_by_name(
    api: httpx.AsyncClient, database: Database
) -> None:
    with database.transaction() as connection:
        first = topics.create(connection, name="Launch", any=["launch"]).topic.id
    assert first == 1  # as the posts are made
    query = {"from_": NOON.isoformat(), "to": (NOON + timedelta(hours=20)).isoformat(), "source": "reddit"}
    found = await asked(api, DISTRIBUTION, **query, topic="launch", lang="EN", model="minilm@1")
    filters = Filters(source="reddit", topic=1, lang="en", model="minilm@1")
    expected = recount(A_DAY, Window(start=NOON, end=NOON + timedelta(hours=20)), filters)
    assert found["metadata"]["total"] == expected["total"]
    assert found["metadata"]["complete"] is False  # the topic is not matched backwards yet


# -- what is kept and what is sent again ---------------------------------------------------------------------


async def test_an_etag_stays_while_the_numbers_stay(api: httpx.AsyncClient, parts: Parts) -> None:
    query = "?from=2026-11-21T12:00:00Z&to=2026-11-22T12:00:00Z"
    first = await api.get(DISTRIBUTION + query)
    assert first.headers["cache-control"] == "max-age=30"
    again = await api.get(DISTRIBUTION + query, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    later = {"If-None-Match": f'"other", {first.headers["etag"]}', "Cache-Control": "no-cache"}
    advance(parts, 3)
    assert (await api.get(DISTRIBUTION + query, headers=later)).status_code == 304
    store(parts.database, make(6, 20))
    changed = await api.get(DISTRIBUTION + query, headers=later)
    assert changed.status_code == 200 and changed.headers["etag"] != first.headers["etag"]


def advance(parts: Parts, seconds: float) -> None:
    assert isinstance(parts.clock, ManualClock)
    parts.clock.advance(seconds)


async def test_a_result_is_kept_until_it_is_asked_for_anew(api: httpx.AsyncClient, parts: Parts) -> None:
    query = "?from=2026-11-21T12:00:00Z&to=2026-11-22T00:00:00Z"
    before = (await api.get(DISTRIBUTION + query)).json()["metadata"]
    store(parts.database, make(7, 30))
    assert (await api.get(DISTRIBUTION + query)).json()["metadata"] == before
    fresh = await api.get(DISTRIBUTION + query, headers={"Cache-Control": "no-cache"})
    assert fresh.json()["metadata"]["total"] > before["total"]


@pytest.mark.parametrize(("to", "most"), [("2026-11-22T00:00:00Z", 60.0), ("2026-11-22T10:31:00Z", 2.0)])
async def test_results_of_the_past_are_kept_longer(
    api: httpx.AsyncClient, parts: Parts, to: str, most: float
) -> None:
    await api.get(f"{DISTRIBUTION}?from=2026-11-21T12:00:00Z&to={to}")
    kept = list(parts.redis.scan_iter("{cache}:*"))
    (milliseconds,) = [parts.redis.pttl(key) for key in kept]
    assert most / 2 * 1000 < milliseconds <= most * 1000


async def test_other_filters_are_other_results(api: httpx.AsyncClient) -> None:
    query = "?from=2026-11-21T12:00:00Z&to=2026-11-22T00:00:00Z"
    all_posts = (await api.get(DISTRIBUTION + query)).json()
    some = (await api.get(DISTRIBUTION + query + "&source=reddit")).json()
    assert some["metadata"]["total"] < all_posts["metadata"]["total"]
    assert "period" in (await api.get(TIMELINE + query)).json()["metadata"]


# -- complete ------------------------------------------------------------------------------------------------


async def test_a_backlog_is_no_calm(api: httpx.AsyncClient, parts: Parts) -> None:
    """While a post waits in the stream, nothing after its acceptance is called complete."""
    query = {"from_": "2026-11-22T08:00:00Z", "to": "2026-11-22T10:00:00Z", "period": "hour"}
    headers = {"Cache-Control": "no-cache"}
    assert (await asked(api, TIMELINE, **query))["metadata"]["complete"]
    waits(parts, NOON.replace(day=22, hour=9, minute=30))
    answer = await api.get(
        TIMELINE, params={"from": query["from_"], "to": query["to"], "period": "hour"}, headers=headers
    )
    assert [row["complete"] for row in answer.json()["data"]] == [True, False]


def waits(parts: Parts, accepted_at: datetime) -> None:
    original = A_DAY[0].post
    post = Post(
        key=original.key,
        post_id="late",
        source="reddit",
        content="late",
        created_at=accepted_at,
        ingested_at=accepted_at,
    )
    Publisher(parts.redis, stream=parts.settings.stream_name, max_entries=10).publish([post])


async def test_without_the_stream_there_are_numbers_but_none_is_complete(
    parts_of: Callable[..., Parts], database: Database
) -> None:
    parts = parts_of(database=database, clock=ManualClock(THE_DAY_AFTER))
    app = create_app(parts)
    parts.redis.connection_pool.disconnect()
    parts.redis.connection_pool.connection_kwargs["path"] = "/nowhere/valkey.sock"
    async with calling(app) as api:
        found = await asked(api, DISTRIBUTION, from_="2026-11-21T12:00:00Z", to="2026-11-22T00:00:00Z")
    assert found["metadata"]["total"] > 0
    assert not found["metadata"]["complete"]


async def test_without_the_database_it_is_said(parts_of: Callable[..., Parts]) -> None:
    async with calling(create_app(parts_of())) as api:
        answer = await api.get(DISTRIBUTION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "STORE_UNAVAILABLE")
    assert answer.headers["retry-after"]
