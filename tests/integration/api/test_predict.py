from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.api import calling

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
