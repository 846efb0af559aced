"""Drift, report and re-analysis over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.api import calling, make_parts
from tests.integration.store.samples import post, reading, write

from groundswell.analysis.reanalyse import Reanalyser
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.store.database import Database

ALL = "/api/v1/reanalyses"
TEXTS = ("I love this, it is wonderful", "this is terrible, I hate it", "a train leaves at nine")


@pytest.fixture
async def parts(redis_url: str, database_url: str) -> AsyncIterator[Parts]:
    database = Database(database_url)
    yield make_parts(redis_url, database=database)
    database.close()


@pytest.fixture
async def api(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts)) as client:
        yield client


def store(parts: Parts) -> None:
    """Three posts, all of them read as positive by the model in production."""
    seconds = (parts.clock.now() - post().ingested_at - timedelta(minutes=5)).total_seconds()
    write(parts.database, *[(post(n, text, ingested=seconds + n), reading()) for n, text in enumerate(TEXTS)])


def run(parts: Parts, number: int) -> None:
    assert parts.reader.versions is not None
    Reanalyser(parts.database, parts.reader.versions, SystemClock()).run(number)


async def test_history_is_read_again_and_compared(api: httpx.AsyncClient, parts: Parts) -> None:
    store(parts)
    asked = await api.post(ALL, json={"model": "tfidf@1", "source": "reddit"})
    assert asked.status_code == 202 and asked.json()["status"] == "queued"
    place = asked.headers["Location"]
    run(parts, asked.json()["id"])
    job = (await api.get(place)).json()
    assert (job["status"], job["progress"], job["done"], job["asked"]["source"]) == (
        "completed",
        1,
        3,
        "reddit",
    )
    result = (await api.get(f"{place}/result", params={"period": "day"})).json()
    (bucket,) = result["data"]
    assert bucket["headlines"] == {"negative": 0, "neutral": 0, "positive": 3}
    assert sum(bucket["readings"].values()) == result["posts"] == 3
    agreeing = bucket["readings"]["positive"]
    assert result["agreement"] == pytest.approx(agreeing / 3) and agreeing < 3
    flips = (await api.get(f"{place}/flips")).json()
    assert flips["metadata"]["total"] == 3 - agreeing == len(flips["data"])
    assert TEXTS[1] in {flip["content"] for flip in flips["data"]}
    assert [row["id"] for row in (await api.get(ALL)).json()["data"]] == [job["id"]]


async def test_it_is_cancelled_once_and_not_after_its_end(api: httpx.AsyncClient, parts: Parts) -> None:
    place = (await api.post(ALL, json={"model": "tfidf@1"})).headers["Location"]
    assert (await api.post(f"{place}/cancel")).json()["status"] == "cancelled"
    other = await api.post(ALL, json={"model": "tfidf@1"})
    run(parts, other.json()["id"])
    refused = await api.post(f"{other.headers['Location']}/cancel")
    assert refused.status_code == 409 and "completed" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "tfidf"}, 400),
        ({"model": "tfidf@9"}, 404),
        ({"model": "tfidf@1", "topic": "no such"}, 400),
        ({}, 400),
    ],
)
async def test_what_cannot_be_is_refused(api: httpx.AsyncClient, body: dict[str, Any], status: int) -> None:
    assert (await api.post(ALL, json=body)).status_code == status
    assert (await api.get(f"{ALL}/7")).status_code == 404


async def test_drift_is_answered_also_of_few_posts(api: httpx.AsyncClient, parts: Parts) -> None:
    store(parts)
    found = (await api.get("/api/v1/models/minilm/drift", params={"hours": 2, "baseline_hours": 48})).json()
    assert (found["model"], found["drift"]["posts"], found["window_minutes"]) == ("minilm@1", 3, 120)
    assert {signal["state"] for signal in found["drift"]["signals"]} == {"unknown"}
    assert (await api.get("/api/v1/models/minilm/drift", params={"version": "9"})).status_code == 404
    assert (await api.get("/api/v1/models/none/report")).status_code == 404


async def test_the_report_is_html_for_people_and_json_for_programs(
    api: httpx.AsyncClient, parts: Parts
) -> None:
    store(parts)
    page = await api.get("/api/v1/models/minilm/report", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html") and "minilm@1" in page.text
    plain = await api.get("/api/v1/models/minilm/report")
    assert plain.json()["model"] == "minilm@1" and plain.json()["measured"]


async def test_a_drift_rule_is_made_with_what_is_usual_and_says_what_it_sees(api: httpx.AsyncClient) -> None:
    made = await api.post("/api/v1/alert-rules", json={"name": "drift", "type": "drift"})
    assert made.status_code == 201
    rule = made.json()
    assert (rule["threshold"], rule["window_minutes"], rule["baseline_minutes"]) == (1, 1440, 10080)
