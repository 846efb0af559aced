"""Clients written from the table of INTERFACES 1.5 run unchanged: one test per row, the example as written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api import calling, listening, served
from tests.integration.views.made import THE_DAY_AFTER

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.core.incoming import RawPost
from groundswell.core.mood import SENTIMENTS
from groundswell.store import collection
from groundswell.store.database import Database


async def got(api: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_front(api: httpx.AsyncClient) -> None:
    page = await api.get("/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html") and "<html" in page.text
    body = await got(api, "/")
    assert body["message"].startswith("Welcome to Groundswell") and body["status"] == "healthy"
    assert body["version"]


async def test_predict(api: httpx.AsyncClient) -> None:
    body = (await api.post("/predict", json={"text": "This is amazing!"})).json()
    assert (body["text"], body["sentiment"], body["label"]) == ("This is amazing!", "positive", "Positive")
    for name in ("confidence", "model_used", "processing_time_ms", "fallback_used", "timestamp"):
        assert name in body
    batch = (await api.post("/predict/batch", json={"texts": ["I love it", "I hate it"]})).json()
    assert [result["sentiment"] for result in batch["results"]] == ["positive", "negative"]


async def test_predict_refuses_an_empty_text_and_says_when_there_is_no_model(
    api: httpx.AsyncClient, parts_of: Callable[..., Parts]
) -> None:
    assert (await api.post("/predict", json={"text": ""})).status_code == 400
    async with calling(create_app(parts_of(model=None))) as bare:
        assert (await bare.post("/predict", json={"text": "hello"})).status_code == 503


async def test_analytics(api: httpx.AsyncClient, app: FastAPI) -> None:
    empty = await got(api, "/analytics")
    assert empty["total_predictions"] == 0 and empty["average_response_time"] == 0
    for text in ("I love it", "I love this", "I hate it", "I adore it"):
        await api.post("/predict", json={"text": text})
    body = await got(api, "/analytics")
    assert body["total_predictions"] == 4
    assert body["sentiment_distribution"] == {"negative": 25.0, "neutral": 0.0, "positive": 75.0}
    assert list(body["model_usage"].values()) == [100.0] and body["average_response_time"] >= 0
    assert body["circuit_breaker_activations"] == 0
    assert datetime.fromisoformat(body["last_updated"]) == THE_DAY_AFTER.replace(second=0)
    app.state.services.counter.flush()
    assert await got(api, "/analytics") == body


async def test_alerts_are_none_while_all_is_well(api: httpx.AsyncClient) -> None:
    assert (await got(api, "/alerts"))["data"] == []


async def test_alerts_of_the_system(api: httpx.AsyncClient, parts: Parts, database: Database) -> None:
    parts.door.admit([RawPost(fields={"post_id": "1", "source": "s", "content": "c"})])
    assert isinstance(parts.clock, ManualClock)
    # the door stamps with the system's clock, which is a day that the test's clock is far behind or ahead of
    parts.clock.advance(10 * 366 * 86_400)
    with database.transaction() as connection:
        collection.log(connection, source="bluesky", kind="error", start=THE_DAY_AFTER, detail="It is away.")
        connection.execute(
            "INSERT INTO parked (entry_id, kind, source, reason, error, deliveries, parked_at, field_names,"
            " field_values) VALUES ('1-1', 'post', 's', 'r', 'e', 5, now(), '{}', '{}')"
        )
    found = {alert["id"]: alert for alert in (await got(api, "/alerts"))["data"]}
    assert set(found) == {"backlog", "parking", "source:bluesky"}
    assert found["backlog"]["actual_value"] > found["backlog"]["threshold_value"]
    assert found["source:bluesky"]["message"].endswith("It is away.")
    assert {alert["alert_type"] for alert in found.values()} == {"system"}


async def test_alerts_name_what_is_away(parts_of: Callable[..., Parts]) -> None:
    async with calling(create_app(parts_of(model=None))) as api:
        found = (await got(api, "/alerts"))["data"]
    assert {alert["id"] for alert in found} == {"degraded:database", "degraded:model"}


async def test_alerts_about_posts(api: httpx.AsyncClient) -> None:
    body = await got(api, "/api/alerts", limit=5, since="2026-11-21T00:00:00Z")
    assert body["data"] == [] and body["metadata"]["limit"] == 5


async def test_failsafe(api: httpx.AsyncClient) -> None:
    body = await got(api, "/failsafe/status")
    assert body["state"] == "CLOSED" and body["failure_threshold"] == 3
    assert body["failure_window_seconds"] == 300 and body["timeout_seconds"] == 60
    assert {"failure_count", "opened_at", "retry_at", "activations", "backends"} <= body.keys()
    assert (await api.post("/failsafe/reset")).status_code == 200


async def test_models(api: httpx.AsyncClient) -> None:
    body = await got(api, "/models")
    models = body["data"] if isinstance(body, dict) else body
    wanted = {"name", "model_name", "description", "size", "speed", "accuracy", "labels", "loaded", "stage"}
    assert models and wanted | {"versions"} <= models[0].keys()
    assert (await got(api, f"/models/{models[0]['name']}"))["name"] == models[0]["name"]
    assert (await api.get("/models/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("path", "name"), [("/status", "stream"), ("/db/health", "database"), ("/api/health", "services")]
)
async def test_status_and_health(api: httpx.AsyncClient, path: str, name: str) -> None:
    body = await got(api, path)
    assert body["status"] == "healthy" and body[name]


async def test_posts(api: httpx.AsyncClient) -> None:
    body = await got(api, "/api/posts", limit=10, offset=5, sentiment_filter="positive")
    same = await got(api, "/api/v1/posts", limit=10, offset=5, sentiment="positive")
    assert body == same and body["metadata"]["offset"] == 5
    assert {post["sentiment"] for post in body["data"]} == {"positive"}
    one = body["data"][0]
    assert (await got(api, f"/api/posts/{one['id']}"))["analyses"][0]["sentiment"] == "positive"
    assert (await api.get("/api/posts/00000000-0000-0000-0000-000000000000")).status_code == 404


@pytest.mark.parametrize("period", ["hour", "day"])
async def test_aggregate(api: httpx.AsyncClient, period: str) -> None:
    start, end = "2026-11-21T12:00:00", "2026-11-22T10:00:00"
    body = await got(api, "/api/sentiment/aggregate", period=period, start=start, end=end)
    same = await got(
        api, "/api/v1/sentiment/timeline", **{"period": period, "from": start, "to": end, "clock": "created"}
    )
    assert body["data"] == same["data"] and any(bucket["total"] for bucket in body["data"])


async def test_aggregate_refuses_other_periods_in_the_words_of_the_interface(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/sentiment/aggregate", params={"period": "minute"})
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "INVALID_PARAMETER",
        "message": "Invalid value for parameter 'period'",
        "details": {"parameter": "period", "provided": "minute", "allowed": ["hour", "day"]},
    }


async def test_distribution(api: httpx.AsyncClient) -> None:
    body = await got(api, "/api/sentiment/distribution", hours=24)
    same = await got(api, "/api/v1/sentiment/distribution", hours=24, clock="created")
    assert body["data"] == same["data"]
    assert {row["sentiment"] for row in body["data"]} == set(SENTIMENTS)
    assert body["metadata"]["total"] > 0


async def test_metrics_as_json(api: httpx.AsyncClient) -> None:
    body = await got(api, "/api/metrics", **{"from": "2026-11-21T12:00:00Z", "to": "2026-11-22T12:00:00Z"})
    assert body["metadata"]["from"] == "2026-11-21T12:00:00Z" and body["metadata"]["total"] > 0
    assert (await got(api, "/api/metrics"))["data"]


@pytest.mark.parametrize("path", ["/ws/sentiment", "/ws"])
async def test_the_live_feed(app: FastAPI, path: str) -> None:
    with served(app) as port:
        async with listening(port, path=path) as (_, welcome):
            assert welcome["type"] == "connection" and welcome["message"] and welcome["cursor"]
