"""The client of the model service: nothing is asked twice that arrived, and no wait is beyond its time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from groundswell.core.clock import ManualClock
from groundswell.core.errors import Busy, InvalidInput, ModelUnavailable, UnreadableText
from groundswell.models.service import MOST_TEXTS, PAUSE_SECONDS, ServiceModel

Answer = Callable[[httpx.Request], httpx.Response]
EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


def result(text: str, model: str = "m@1") -> dict[str, object]:
    return {
        "text": text,
        "scores": {"negative": 0.1, "neutral": 0.2, "positive": 0.7},
        "emotions": dict.fromkeys(EMOTIONS, 0.5),
        "model_used": model,
        "fallback_used": False,
    }


class Service:
    """A service that gives the answers it is told to, the last one again and again."""

    def __init__(self, *answers: Answer | int | type[Exception]) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []
        self.clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
        self.model = ServiceModel(
            "http://service:8081", clock=self.clock, key="k", transport=httpx.MockTransport(self._answer)
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert request.headers["Authorization"] == "Bearer k"
        self.asked.append(body.get("texts") or [body["text"]])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, int):
            return httpx.Response(answer, json={"error": {"code": "X", "message": "no"}})
        if isinstance(answer, type):
            raise answer("no")
        return answer(request)


def fine(request: httpx.Request) -> httpx.Response:
    texts = json.loads(request.content)["texts"]
    return httpx.Response(200, json={"results": [result(text) for text in texts]})


def test_it_reads_in_one_request_and_learns_who_answers() -> None:
    service = Service(fine)
    assert service.model.info.name == "service@0"
    (first, second) = service.model.read(["a", "b"])
    assert first.scores == (0.1, 0.2, 0.7) and second.emotions == (0.5,) * 7
    assert service.asked == [["a", "b"]] and service.model.info.name == "m@1"
    assert service.model.read([]) == [] and len(service.asked) == 1


def test_many_texts_go_in_requests_the_service_accepts() -> None:
    service = Service(fine)
    assert (
        len(service.model.read([str(number) for number in range(2 * MOST_TEXTS + 1)])) == 2 * MOST_TEXTS + 1
    )
    assert [len(texts) for texts in service.asked] == [MOST_TEXTS, MOST_TEXTS, 1]
    service.model.read(["ä" * 500_000, "ä" * 500_000])
    assert [len(texts) for texts in service.asked[3:]] == [1, 1]


@pytest.mark.parametrize("first", [httpx.ConnectError, httpx.RemoteProtocolError, 502, 504])
def test_what_did_not_arrive_is_tried_again_after_a_short_random_pause(first: type[Exception] | int) -> None:
    service = Service(first, fine)
    assert service.model.read(["a"])[0].model_used == "m@1"
    assert len(service.asked) == 2 and PAUSE_SECONDS[0] <= service.clock.monotonic() <= PAUSE_SECONDS[1]


@pytest.mark.parametrize(
    ("answer", "times"),
    [(500, 1), (503, 1), (httpx.ReadTimeout, 1), (httpx.ConnectError, 3), (502, 3)],
)
def test_it_gives_up_soon(answer: int | type[Exception], times: int) -> None:
    service = Service(answer)
    with pytest.raises(ModelUnavailable):
        service.model.read(["a"])
    assert len(service.asked) == times


def test_a_full_service_is_not_asked_again_at_once_and_is_no_failure() -> None:
    service = Service(429)
    with pytest.raises(Busy):
        service.model.read(["a"])
    assert len(service.asked) == 1


def test_it_gives_up_at_its_deadline() -> None:
    service = Service(fine)

    def slow(request: httpx.Request) -> httpx.Response:
        service.clock.advance(0.9)
        raise httpx.ConnectError("no", request=request)

    service.answers = [slow]
    with pytest.raises(ModelUnavailable):
        service.model.read(["a"])
    assert len(service.asked) == 1


def test_a_text_it_refuses_is_the_callers_own() -> None:
    refused = {"index": 0, "error": {"code": "UNREADABLE_TEXT", "message": "half a pair"}}
    service = Service(lambda _: httpx.Response(200, json={"results": [refused]}), 400)
    with pytest.raises(UnreadableText, match="half a pair"):
        service.model.read(["a"])
    with pytest.raises(InvalidInput):
        service.model.read(["a"])


@pytest.mark.parametrize("body", ["[]", "{}", "no JSON", '{"results": [{"scores": {}}]}'])
def test_an_answer_that_is_not_ours_is_no_answer(body: str) -> None:
    service = Service(lambda _: httpx.Response(200, text=body))
    with pytest.raises(ModelUnavailable):
        service.model.read(["a"])


def test_no_answer_mixes_two_versions() -> None:
    turn = [0]

    def changing(request: httpx.Request) -> httpx.Response:
        turn[0] += 1
        texts = json.loads(request.content)["texts"]
        version = "m@1" if turn[0] == 1 else "m@2"
        return httpx.Response(200, json={"results": [result(text, version) for text in texts]})

    service = Service(changing)
    readings = service.model.read([str(number) for number in range(MOST_TEXTS + 1)])
    assert {reading.model_used for reading in readings} == {"m@2"} and len(service.asked) == 4


def test_it_explains() -> None:
    shown = {"token": "a", "start": 0, "end": 1, "weight": 0.5}
    service = Service(lambda _: httpx.Response(200, json=result("a") | {"attributions": [shown]}))
    assert service.model.explain("a")[0].weight == 0.5


@pytest.mark.parametrize(("text", "is_explained"), [("a", False), ("word " * 500, True)])
def test_a_long_text_is_explained_in_more_time(text: str, is_explained: bool) -> None:
    service = Service(lambda _: httpx.Response(200, json=result(text) | {"attributions": []}))
    answer = service.answers[0]

    def slow(request: httpx.Request) -> httpx.Response:
        service.clock.advance(30)
        raise httpx.ConnectError("no", request=request)

    service.answers = [slow, answer]
    if is_explained:
        assert service.model.explain(text) == []
        return
    with pytest.raises(ModelUnavailable):
        service.model.explain(text)
