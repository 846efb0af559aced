"""Label queues over HTTP: handed out blind, labelled, compared, settled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from tests.api import Limits, calling
from tests.integration.store.samples import key, post, write

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.store import topics
from groundswell.store.database import Database

PATH = "/api/v1/labels"


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    parts = parts_of(database=database, settings=Limits(double_coding=1.0))
    async with calling(create_app(parts)) as client:
        yield client


async def take(api: httpx.AsyncClient, **query: Any) -> Any:
    answer = await api.get(f"{PATH}/next", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def say(api: httpx.AsyncClient, status: int = 201, **body: Any) -> Any:
    answer = await api.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_two_people_label_the_same_posts_blind_and_a_third_settles(
    api: httpx.AsyncClient,
    database: Database,
) -> None:
    write(database, *(post(n, f"text {n}") for n in range(1, 5)))
    said = {"ana": "positive", "ben": "Negative"}
    for annotator, other in said.items():
        while task := await take(api, annotator=annotator):
            assert set(task) == {"task", "queue", "post_id", "source", "content", "lang", "created_at",
                                 "sampling_probability"}  # fmt: skip
            label = other if task["content"] == "text 3" else "neutral"
            kept = await say(api, task=task["task"], user_label=label, annotator=annotator)
            assert (kept["origin"], kept["sampling_probability"]) == ("random", 1.0)
    found = (await api.get(f"{PATH}/agreement", params={"queue": "random"})).json()
    assert (found["texts"], found["annotators"], found["disputed"]) == (4, ["ana", "ben"], 1)
    assert found["pairs"][0]["annotators"] == ["ana", "ben"] and found["pairs"][0]["kappa"]["units"] == 4
    low, high = found["sentiment"]["interval"]
    assert low <= found["sentiment"]["value"] <= high
    assert found["emotion"] == {"value": None, "interval": None, "units": 0}
    (dispute,) = (await api.get(f"{PATH}/disputes")).json()["data"]
    assert [o["user_label"] for o in dispute["opinions"]] == ["positive", "negative"]
    decision = {"feedback": dispute["feedback"], "user_label": "positive", "annotator": "eve"}
    settled = (await api.post(f"{PATH}/adjudicate", json=decision)).json()
    assert (settled["text"], settled["adjudicates"], settled["origin"]) == ("text 3", True, "random")
    after = (await api.get(f"{PATH}/agreement", params={"queue": "random"})).json()
    assert after == {**found, "disputed": 0}
    assert (await api.get("/api/v1/feedback")).json()["metadata"]["total"] == 7


async def test_shares_are_estimated_from_the_uniform_sample_alone(
    api: httpx.AsyncClient, database: Database
) -> None:
    assert (await api.get(f"{PATH}/shares")).json() == {
        "posts": 0,
        "labelled": 0,
        "shares": None,
        "draws": [],
    }
    write(database, *(post(n, f"text {n}") for n in range(1, 5)))
    assert (await take(api, queue="uncertainty", annotator="eve")) is not None
    said = {"text 1": "negative", "text 2": "neutral", "text 3": "neutral", "text 4": "positive"}
    for annotator in ("ana", "ben"):
        while task := await take(api, annotator=annotator):
            disputed = annotator == "ben" and task["content"] == "text 4"
            label = "neutral" if disputed else said[task["content"]]
            kept = await say(api, task=task["task"], user_label=label, annotator=annotator)
    found = (await api.get(f"{PATH}/shares")).json()
    assert (found["posts"], found["labelled"]) == (4, 4)
    values = {label: share["value"] for label, share in found["shares"].items()}
    assert values == pytest.approx({"negative": 0.25, "neutral": 0.625, "positive": 0.125})
    low, high = found["shares"]["neutral"]["interval"]
    assert 0 < low < 0.625 < high < 1
    assert [(d["population"], d["drawn"], d["labelled"]) for d in found["draws"]] == [(4, 4, 4)]
    disputes = (await api.get(f"{PATH}/disputes")).json()["data"]
    settled = {"feedback": disputes[0]["feedback"], "user_label": "positive", "annotator": "eve"}
    assert (await api.post(f"{PATH}/adjudicate", json=settled)).status_code == 201 and kept
    after = (await api.get(f"{PATH}/shares")).json()["shares"]
    assert after["positive"]["value"] == pytest.approx(0.25)
    elsewhere = (await api.get(f"{PATH}/shares", params={"from": "2026-11-21T12:00:00Z"})).json()
    assert elsewhere["shares"] is None
    assert (await api.get(f"{PATH}/shares", params={"topic": "snow"})).status_code == 400


async def test_a_queue_is_about_a_topic_and_a_time(
    api: httpx.AsyncClient,
    database: Database,
) -> None:
    with database.transaction() as connection:
        topics.create(connection, name="rain", any=["rain"])
    write(database, post(1, "a launch"), post(2, "rain", ingested=60), post(3, "more rain", ingested=120))
    span = {"from": "2026-11-21T12:01:30Z", "to": "2026-11-21T12:03:00Z"}
    task = await take(api, queue="uncertainty", topic="RAIN", annotator="ana", **span)
    assert task["post_id"] == str(key(3)) and task["sampling_probability"] is None
    assert (await take(api, queue="disagreement", topic="rain")) is None
    for query in ({"topic": "snow"}, {"queue": "x"}, {"from": span["to"], "to": span["from"]}):
        assert (await api.get(f"{PATH}/next", params=query)).status_code == 400


async def test_a_post_may_be_passed_over(api: httpx.AsyncClient, database: Database) -> None:
    write(database, post(1))
    task = (await take(api))["task"]
    assert await say(api, task=task, skip=True) is None
    assert await take(api) is None
    assert (await take(api, annotator="ben"))["task"] == task


async def test_a_label_needs_a_turn_and_something_to_say(
    api: httpx.AsyncClient,
    database: Database,
) -> None:
    write(database, post(1))
    task = (await take(api, annotator="ana"))["task"]
    assert "ask for the next" in (await say(api, 409, task=task, user_label="neutral"))["error"]["message"]
    for wrong in ({}, {"user_label": "great"}, {"user_label": "neutral", "skip": True}, {"colour": "blue"}):
        await say(api, 400, task=task, annotator="ana", **wrong)
    assert (
        await api.post(f"{PATH}/adjudicate", json={"feedback": 9, "user_label": "neutral"})
    ).status_code == 404
