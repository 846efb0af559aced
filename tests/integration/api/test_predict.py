from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.api import calling, served
from tests.chains import Puppet, soon

from groundswell.analysis import waiting
from groundswell.api.answers.predictions import BatchAnswer, Prediction
from groundswell.api.app import create_app
from groundswell.api.parts import Parts


@pytest.mark.parametrize("path", ["/api/v1/predict", "/predict"])
async def test_one_text_is_read(api: httpx.AsyncClient, path: str) -> None:
    answer = (await api.post(path, json={"text": "This is amazing!"})).json()

    assert (answer["sentiment"], answer["label"], answer["model_used"]) == ("positive", "Positive", "vader@1")
    assert answer["confidence"] == max(answer["scores"].values())
    assert sum(answer["scores"].values()) == pytest.approx(1)
    assert answer["emotion"] is None and answer["emotions"] is None
    assert answer["model"] == "vader" and answer["fallback_used"] is False
    assert answer["timestamp"].endswith("Z") and answer["processing_time_ms"] >= 0
    assert "attributions" not in answer


async def test_explanations_point_into_the_text(api: httpx.AsyncClient) -> None:
    text = "This is amazing!"
    answer = (await api.post("/api/v1/predict", json={"text": text, "explain": True})).json()

    strongest = max(answer["attributions"], key=lambda one: one["weight"])
    assert text[strongest["start"] : strongest["end"]] == strongest["token"] == "amazing!"


@pytest.mark.parametrize("path", ["/api/v1/predict/batch", "/predict/batch"])
async def test_a_bad_item_fails_alone_and_in_place(api: httpx.AsyncClient, path: str) -> None:
    texts = ["I love it", "", 7, "\ud800", "I hate it"]
    content = json.dumps({"texts": texts})
    answer = (await api.post(path, content=content, headers={"Content-Type": "application/json"})).json()

    assert [one.get("sentiment") for one in answer["results"]] == ["positive", None, None, None, "negative"]
    failed = answer["results"][1:4]
    assert [one["index"] for one in failed] == [1, 2, 3]
    codes = [one["error"]["code"] for one in failed]
    assert codes == ["INVALID_PARAMETER", "INVALID_PARAMETER", "UNREADABLE_TEXT"]
    assert answer["batch_size"] == 5 and answer["model_used"] == "vader@1"


async def test_batch_equals_single(api: httpx.AsyncClient) -> None:
    texts = ["I love it", "meh", "I hate it"]
    batch = (await api.post("/predict/batch", json={"texts": texts})).json()["results"]
    for text, one in zip(texts, batch, strict=True):
        single = (await api.post("/predict", json={"text": text})).json()
        assert single["scores"] == one["scores"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("/api/v1/predict", {}, "text"),
    ("/api/v1/predict", {"text": ""}, "text"),
    ("/api/v1/predict", {"text": "  \n"}, "text"),
    ("/api/v1/predict", {"text": 7}, "text"),
    ("/api/v1/predict", {"text": "x" * 101}, "text"),
    ("/api/v1/predict", {"text": "x", "colour": "red"}, "colour"),
    ("/api/v1/predict", {"text": "x", "explain": "perhaps"}, "explain"),
    ("/api/v1/predict/batch", {"texts": []}, "texts"),
    ("/api/v1/predict/batch", {"texts": "x"}, "texts"),
    ("/api/v1/predict/batch", {"texts": ["x"] * 6}, "texts"),
]


@pytest.mark.parametrize(("path", "body", "parameter"), WRONG)
async def test_wrong_input_is_400_and_named(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], parameter: str
) -> None:
    answer = await api.post(path, json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_PARAMETER"
    assert answer.json()["error"]["details"]["parameter"] == parameter


async def test_an_unknown_model_is_named(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/predict", json={"text": "x", "model": "oracle"})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "UNKNOWN_MODEL"
    assert "oracle" in answer.json()["error"]["message"]


async def test_another_model_can_be_asked(api: httpx.AsyncClient) -> None:
    answer = (await api.post("/api/v1/predict", json={"text": "I love it", "model": "null@1"})).json()
    assert (answer["sentiment"], answer["model_used"]) == ("neutral", "null@1")


async def test_without_a_model_it_is_503(parts_of: Callable[..., Parts]) -> None:
    async with calling(create_app(parts_of(model=None))) as api:
        answer = await api.post("/predict", json={"text": "x"})
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "2"
        assert answer.json()["error"]["code"] == "MODEL_UNAVAILABLE"
        assert (await api.post("/predict", json={"text": "x", "model": "vader"})).status_code == 200


async def test_predictions_are_counted_in_the_metrics(api: httpx.AsyncClient) -> None:
    await api.post("/predict/batch", json={"texts": ["I love it", "I love it", "I hate it", ""]})

    shown = (await api.get("/metrics")).text
    counted = 'groundswell_predictions_total{fallback="false",model="vader@1",sentiment="%s"} %s'
    assert counted % ("positive", "2.0") in shown and counted % ("negative", "1.0") in shown


async def test_answers_are_as_they_are_described(api: httpx.AsyncClient) -> None:
    one = await api.post("/predict", json={"text": "I love it", "explain": True})
    many = await api.post("/predict/batch", json={"texts": ["I love it", ""]})
    for answer, shape in ((one, Prediction), (many, BatchAnswer)):
        found = shape.model_validate_json(answer.content)
        assert found.model_dump(mode="json", exclude_unset=True) == answer.json()


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "application/json", "INVALID_JSON"),
        (b"{", "application/json", "INVALID_JSON"),
        (b'{"text": "fine"', "application/json; charset=utf-8", "INVALID_JSON"),
        (b'{"text": "fine"}', "text/plain", "INVALID_PARAMETER"),
        (b'{"text": "fine"}', "", "INVALID_PARAMETER"),
        (b"[" * 100_000, "application/json", "TOO_LARGE"),
        (b"[" * 9_000, "application/json", "INVALID_JSON"),
        (b'{"text": "\xff"}', "application/json", "BAD_REQUEST"),
        (b"7", "application/json", "INVALID_PARAMETER"),
    ],
)
async def test_a_body_that_cannot_be_read_is_the_callers_fault(
    api: httpx.AsyncClient, content: bytes, kind: str, code: str
) -> None:
    answer = await api.post("/predict", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code in {400, 413} and answer.json()["error"]["code"] == code


async def test_a_json_body_may_say_so_in_more_words(api: httpx.AsyncClient) -> None:
    for kind in ("application/json; charset=utf-8", "application/vnd.api+json", "Application/JSON"):
        answer = await api.post("/predict", content=b'{"text": "fine"}', headers={"Content-Type": kind})
        assert answer.status_code == 200


@asynccontextmanager
async def _hanging(api: httpx.AsyncClient, model: Puppet) -> AsyncIterator[None]:
    """Have one request under way until the end."""
    model.mood = "hang"
    task = asyncio.create_task(api.post("/predict", json={"text": "first"}))
    await soon(lambda: model.calls)
    model.mood = "fine"
    try:
        yield
    finally:
        model.released.set()
        await task


async def test_who_finds_no_room_is_told_at_once_when_to_come_again(
    parts_of: Callable[..., Parts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_SHORT", 3)
    model = Puppet()
    parts = parts_of(model=model)
    async with calling(create_app(parts)) as api:
        async with _hanging(api, model):
            tasks = [asyncio.create_task(api.post("/predict", json={"text": f"{n}"})) for n in range(8)]
            done: set[asyncio.Task[httpx.Response]] = set()
            while len(done) < 5:
                done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
        refused = [task.result() for task in done]
        read = [task.result() for task in await _all(tasks) if task not in done]
        shown = (await api.get("/metrics")).text
    assert {answer.status_code for answer in refused} == {429}
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert [answer.status_code for answer in read] == [200] * 3
    assert 'groundswell_turned_away_total{backend="local",reason="full"} 5.0' in shown


async def _all(tasks: list[asyncio.Task[httpx.Response]]) -> list[asyncio.Task[httpx.Response]]:
    await asyncio.gather(*tasks)
    return tasks


async def test_who_has_hung_up_is_not_read(
    parts_of: Callable[..., Parts], eventually: Callable[[Callable[[], object], float], None]
) -> None:
    model = Puppet()
    parts = parts_of(model=model)
    with served(create_app(parts)) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            async with _hanging(api, model):
                with socket.create_connection(("127.0.0.1", port)) as line:
                    body = b'{"text": "never mind"}'
                    line.sendall(
                        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                    )
                    queue = parts.reader.failsafe.primary
                    await asyncio.to_thread(eventually, lambda: len(queue._waiting) == 1, 10)
                (wish,) = queue._waiting._short
                await asyncio.to_thread(eventually, lambda: wish.is_abandoned, 10)
            assert (await api.post("/predict", json={"text": "last"})).status_code == 200
            shown = (await api.get("/metrics")).text
    assert model.calls == [["first"], ["last"]]
    assert 'groundswell_turned_away_total{backend="local",reason="gone"} 1.0' in shown
    assert 'path="/predict",status="499"' in shown
