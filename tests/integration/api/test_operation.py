from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter
from tests.api import calling, listening, served, told

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def whole(parts_of: Callable[..., Parts], database: Database) -> FastAPI:
    """An API whose servers are all there."""
    return create_app(parts_of(database=database))


@pytest.mark.parametrize("path", ["/health", "/api/health"])
async def test_healthy_when_all_is_there(whole: FastAPI, path: str) -> None:
    async with calling(whole) as api:
        answer = await api.get(path)

    body = answer.json()
    assert answer.status_code == 200 and body["status"] == "healthy" and body["model_loaded"] is True
    assert body["services"] == {"database": "up", "redis": "up", "model": "up"}
    assert body["timestamp"].endswith("Z")


def test_what_says_that_it_is_ready_builds_nothing_at_the_first_request(
    whole: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to ask would wait for all routes to be built, and everybody else with him."""
    built: list[object] = []
    build = TypeAdapter.__init__

    def count(self: TypeAdapter[Any], *args: Any, **more: Any) -> None:
        built.append(args)
        build(self, *args, **more)

    with served(whole) as port:
        monkeypatch.setattr(TypeAdapter, "__init__", count)
        assert httpx.get(f"http://127.0.0.1:{port}/nothing", timeout=60, trust_env=False).status_code == 404
    assert not built


async def test_without_a_database_it_cannot_serve_but_breathes(api: httpx.AsyncClient) -> None:
    ready, alive, database = [await api.get(path) for path in ("/health", "/health/live", "/db/health")]

    assert ready.status_code == 503 and int(ready.headers["Retry-After"]) > 0
    assert ready.json()["status"] == "degraded" and ready.json()["services"]["database"] == "down"
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (database.status_code, database.json()["status"]) == (503, "unhealthy")


async def test_without_a_model_it_is_degraded_and_serves(
    parts_of: Callable[..., Parts], database: Database
) -> None:
    async with calling(create_app(parts_of(database=database, model=None))) as api:
        answer = await api.get("/health")
        status = (await api.get("/api/v1/status")).json()

    assert answer.status_code == 200 and answer.json()["status"] == "degraded"
    assert answer.json()["model_loaded"] is False and answer.json()["services"]["model"] == "down"
    assert status["unavailable"] == ["model"] and status["models"] == []


async def test_while_a_fallback_answers_it_says_so(
    parts_of: Callable[..., Parts], database: Database
) -> None:
    parts = parts_of(database=database)
    breaker = parts.reader.failsafe.primary.breaker
    async with calling(create_app(parts)) as api:
        for _ in range(3):
            call = breaker.allow()
            assert call is not None
            call.failed("no answer")
        answer = await api.get("/health")
        body, status = answer.json(), (await api.get("/api/v1/status")).json()
        alerts = (await api.get("/alerts")).json()["data"]
        breaker.reset()
        again = (await api.get("/health")).json()

    assert (answer.status_code, body["status"], body["services"]["model"]) == (200, "degraded", "down")
    assert body["model_loaded"] is True and status["unavailable"] == ["model"]
    assert "degraded:model" in [one["id"] for one in alerts]
    assert again["status"] == "healthy"


@pytest.mark.parametrize("path", ["/api/v1/status", "/status"])
async def test_status_tells_what_is_there(whole: FastAPI, path: str) -> None:
    async with calling(whole) as api:
        for number in range(3):
            await api.post("/api/v1/posts", json={"post_id": str(number), "source": "s", "content": "c"})
        status = (await api.get(path)).json()

    stream = status["stream"]
    assert status["status"] == "healthy" and status["unavailable"] == []
    assert (stream["backlog"], stream["added"], stream["settled"], stream["parked"]) == (3, 3, 0, 0)
    assert stream["imbalance"] == 0 and stream["oldest_seconds"] >= 0
    assert [model["key"] for model in status["models"]] == ["vader"]
    assert status["uptime_seconds"] == pytest.approx(
        (datetime.now(UTC) - datetime.fromisoformat(status["started_at"])).total_seconds(), abs=60
    )
    assert status["posts_counted"] == 0 and status["sources"] == [] and status["last_alert"] is None


async def test_status_in_an_outage_says_what_is_away(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of()
    parts.redis.connection_pool.connection_kwargs["path"] = "/nowhere.sock"
    async with calling(create_app(parts)) as api:
        answer = await api.get("/api/v1/status")

    status = answer.json()
    assert answer.status_code == 200 and status["status"] == "degraded"
    assert status["unavailable"] == ["database", "redis"]
    assert status["stream"] is status["processes"] is status["sources"] is status["posts_counted"] is None


async def test_metrics_show_the_stream_as_it_is(whole: FastAPI) -> None:
    async with calling(whole) as api:
        await api.post("/api/v1/posts", json={"post_id": "1", "source": "s", "content": "c"})
        answer = await api.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "groundswell_stream_backlog 1.0" in answer.text and "groundswell_parked 0.0" in answer.text
    assert "groundswell_pipeline_imbalance 0.0" in answer.text
    assert 'http_requests_total{method="POST",path="/api/v1/posts",status="202"} 1.0' in answer.text


async def test_the_live_feed_begins_with_the_totals(whole: FastAPI) -> None:
    with served(whole) as port:
        async with listening(port) as (client, _):
            event = await told(client)

    assert event["type"] == "metrics"
    totals = {"total_posts": 0, "positive": 0, "negative": 0, "neutral": 0}
    assert totals.items() <= event["data"].items()
    assert event["data"]["window_hours"] == 24 and event["data"]["feed_share"] == 1.0
    assert event["data"]["rate"] == 0 and event["data"]["lag_seconds"] == 0


# -- the documentation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_documentation_needs_no_other_server(api: httpx.AsyncClient, path: str) -> None:
    page = await api.get(path)

    assert page.status_code == 200 and "//" not in page.text.replace("<!--", "")
    assert "'self'" in page.headers["Content-Security-Policy"]
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert assets
    for asset in assets:
        found = await api.get(asset)
        assert found.status_code == 200 and len(found.content) > 100, asset
        assert found.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}


async def test_no_other_file_can_be_had(api: httpx.AsyncClient) -> None:
    for name in ("favicon.png", "..%2f__init__.py", "start.py"):
        assert (await api.get(f"/docs/assets/{name}")).status_code in {400, 404}


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = root["components"]["schemas"][name] if name else schema
    return found


async def test_every_parameter_and_field_is_described_and_every_answer_typed(api: httpx.AsyncClient) -> None:
    root = (await api.get("/openapi.json")).json()

    for path, operations in root["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"] and operation["description"], where
            assert all(one.get("description") for one in operation.get("parameters", [])), where
            assert "422" not in operation["responses"] and "default" in operation["responses"], where
            for status, response in operation["responses"].items():
                kinds = response.get("content", {}).values()
                assert all(kind.get("schema") for kind in kinds), (where, status)
                assert kinds or status in {"204", "304"}, (where, status)
    for name, schema in root["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            described = about.get("description") or resolved(about, root).get("description")
            assert described, f"{name}.{field}"
