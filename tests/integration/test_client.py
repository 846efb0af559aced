"""The client in both its forms against a real API on a real port; its notebook runs as it stands."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from nbclient import NotebookClient
from tests.api import Limits, LiveStream, make_parts, served
from tests.faults import FaultProxy
from tests.integration.journey import Journey
from tests.integration.views.made import NOON, make, store
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from groundswell.api.app import create_app
from groundswell.client import ApiError, AsyncGroundswell, Groundswell, Unavailable
from groundswell.core.clock import ManualClock

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "client.ipynb"
POSTS = make(5, 700, spread=timedelta(hours=20))
SPAN: dict[str, Any] = {"start": NOON, "end": NOON + timedelta(hours=20)}


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    made = Journey(redis_url, database_url)
    yield made
    made.close()


@pytest.fixture
def url(journey: Journey) -> Iterator[str]:
    parts = make_parts(
        journey.redis_url, database=journey.database, door=journey.door, settings=Limits(max_batch_texts=1000)
    )
    with served(create_app(parts)) as port:
        yield f"http://127.0.0.1:{port}"
    parts.redis.close()


@pytest.fixture
def client(url: str) -> Iterator[Groundswell]:
    with Groundswell(url) as found:
        yield found


def test_predict(client: Groundswell) -> None:
    assert client.predict("I love it")["sentiment"] == "positive"
    results = client.predict_batch(["I love it", "", "I hate it"])
    assert [one.get("sentiment") for one in results] == ["positive", None, "negative"]
    assert [one.get("index") for one in results] == [None, 1, None]


def test_what_is_refused_is_a_typed_error_with_its_sentence(client: Groundswell) -> None:
    with pytest.raises(ApiError, match="The text is empty") as refused:
        client.predict("")
    details = refused.value.details
    assert (details["status"], details["code"]) == (400, "INVALID_PARAMETER") and details["request_id"]


def test_feedback_is_sent_once_whatever_happens() -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(503, json={"error": {"code": "UNAVAILABLE", "message": "Later."}})

    client = Groundswell("http://server", clock=ManualClock(NOON))
    client._http = httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer))
    with client:
        with pytest.raises(ApiError, match="Later"):
            client.feedback("I love it", "negative", model_prediction="positive", annotator=None)
        with pytest.raises(ApiError, match="Later"):
            client.feedback(None, "negative", post_id="17")
    assert [json.loads(body) for body in sent] == [
        {"text": "I love it", "user_label": "negative", "model_prediction": "positive"},
        {"user_label": "negative", "post_id": "17"},
    ]


def test_posts_and_views(client: Groundswell, journey: Journey) -> None:
    store(journey.database, POSTS)
    listed = list(client.posts(order="oldest", clock="created"))
    assert len({post["id"] for post in listed}) == len(POSTS) == len(listed)
    assert [post["created_at"] for post in listed] == sorted(post["created_at"] for post in listed)
    assert {post["sentiment"] for post in islice(client.posts(sentiment="positive", **SPAN), 600)} == {
        "positive"
    }
    shares = client.distribution(**SPAN)
    frame, other = shares.to_pandas(), shares.to_polars()
    assert list(frame["sentiment"]) == other["sentiment"].to_list() == ["positive", "neutral", "negative"]
    assert frame["count"].sum() == other["count"].sum() == shares.metadata["total"] > 0
    assert {"interval_low", "interval_high"} <= set(frame.columns)
    trend = client.timeline("hour", **SPAN)
    assert len(trend) == 20 and trend.to_pandas()["total"].sum() == shares.metadata["total"]
    assert trend.to_polars()["bucket"].dtype.is_temporal()


def test_posts_are_handed_in_and_heard_live(client: Groundswell, journey: Journey) -> None:
    heard: list[str] = []
    feed = client.live(source="here")
    assert next(feed)["type"] == "connection"

    def hear() -> None:
        heard.extend(event["data"]["content"] for event in islice(_posts(feed), 3))

    listener = threading.Thread(target=hear)
    listener.start()
    with journey.working():
        sent = [{"post_id": str(n), "source": "here", "content": f"love {n}"} for n in range(3)]
        assert client.send(sent)["accepted"] == 3
        listener.join(120)
    assert sorted(heard) == ["love 0", "love 1", "love 2"]


def _posts(feed: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (event for event in feed if event["type"] == "new_post")


def test_the_live_feed_begins_behind_a_cursor(client: Groundswell, redis_url: str) -> None:
    stream = LiveStream(redis_url)
    cursors = [stream.post(number) for number in range(3)]
    stream.close()
    feed = client.live(cursor=cursors[0])
    heard = [event["data"]["content"] for event in islice(_posts(feed), 2)]
    assert heard == ["post 1", "post 2"]
    feed.close()  # type: ignore[attr-defined]


CUTS = 3


def test_the_live_feed_is_resumed_behind_the_last_event_when_the_line_breaks(
    url: str, redis_url: str
) -> None:
    """However often it breaks: each post is heard once, in order, those that came meanwhile too."""
    stream, clock, heard = LiveStream(redis_url), ManualClock(NOON), list[str]()
    with FaultProxy(url.removeprefix("http://")) as line:
        feed = _posts(Groundswell(f"http://127.0.0.1:{line.port}", clock=clock).live(cursor=stream.post(0)))
        for cut in range(CUTS):
            stream.post(3 * cut + 1)
            heard.append(next(feed)["data"]["content"])
            line.cut()
            stream.post(3 * cut + 2)
            stream.post(3 * cut + 3)
            line.mend()
            heard += [next(feed)["data"]["content"], next(feed)["data"]["content"]]
    stream.close()
    assert heard == [f"post {number}" for number in range(1, 3 * CUTS + 1)]


async def test_the_asynchronous_feed_is_resumed_just_so(url: str, redis_url: str) -> None:
    stream, heard = LiveStream(redis_url), list[str]()
    with FaultProxy(url.removeprefix("http://")) as line:
        async with AsyncGroundswell(f"http://127.0.0.1:{line.port}") as client:
            feed = client.live(cursor=stream.post(0))
            posts = (event["data"]["content"] async for event in feed if event["type"] == "new_post")
            stream.post(1)
            heard.append(await anext(posts))
            line.cut()
            stream.post(2)
            line.mend()
            heard.append(await anext(posts))
            await feed.aclose()  # type: ignore[attr-defined]
    stream.close()
    assert heard == ["post 1", "post 2"]


def test_a_feed_that_is_refused_says_why_at_once(client: Groundswell) -> None:
    """Asked again, it would be refused again: a wrong topic is no broken line."""
    with pytest.raises(ApiError, match="no topic") as refused:
        next(client.live(topic="nowhere"))
    details = refused.value.details
    assert (details["status"], details["code"]) == (400, "INVALID_PARAMETER") and details["request_id"]


async def test_the_asynchronous_feed_says_why_just_so(url: str) -> None:
    async with AsyncGroundswell(url) as client:
        with pytest.raises(ApiError, match="no topic"):
            await anext(client.live(topic="nowhere"))


@contextmanager
def closing_feed(*, status: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server that is busy with `status`, or closes each feed politely at once; and what it was asked."""
    asked: list[str] = []

    def answer(_: ServerConnection, request: Request) -> Response | None:
        asked.append(request.path)
        if status is None:
            return None
        body = b'{"error": {"code": "RATE_LIMITED", "message": "Too many listen."}}'
        return Response(status, "Busy", Headers({"Retry-After": "7", "Connection": "close"}), body)

    with serve(lambda _: None, "127.0.0.1", 0, process_request=answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", asked
        finally:
            server.shutdown()
            thread.join(10)


def test_a_feed_that_ends_is_asked_for_again_with_pauses_and_not_for_ever() -> None:
    clock = ManualClock(NOON)
    with closing_feed() as (url, asked), pytest.raises(Unavailable, match="cannot be reached"):
        next(Groundswell(url, clock=clock, retries=3).live())
    assert len(asked) == 4 and clock.monotonic() > 0


def test_a_busy_feed_is_asked_for_again_when_it_says() -> None:
    clock = ManualClock(NOON)
    with closing_feed(status=429) as (url, asked), pytest.raises(ApiError, match="Too many listen"):
        next(Groundswell(url, clock=clock, retries=2).live())
    assert len(asked) == 3 and clock.monotonic() == 14


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    clock, answers = ManualClock(NOON), [503, 429, 200]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answers.pop(0), headers={"Retry-After": "7"}, json={"status": "healthy"})

    client = Groundswell("http://server", clock=clock)
    client._http = httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer))
    assert client.status() == {"status": "healthy"} and clock.monotonic() == 14
    client.close()


def test_a_server_that_is_away_is_said_to_be() -> None:
    with (
        Groundswell("http://127.0.0.1:9", clock=ManualClock(NOON)) as client,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        client.status()


async def test_the_same_for_asyncio(url: str, journey: Journey) -> None:
    await asyncio.to_thread(store, journey.database, POSTS)
    async with AsyncGroundswell(url) as client:
        assert (await client.predict("I love it"))["sentiment"] == "positive"
        assert len(await client.predict_batch(["a", "b"])) == 2
        assert len([post async for post in client.posts()]) == len(POSTS)
        assert (await client.distribution(**SPAN)).metadata["total"] > 0
        assert len(await client.timeline("hour", **SPAN)) == 20
        with pytest.raises(ApiError):
            await client.predict("")
        feed = client.live()
        assert (await anext(feed))["type"] == "connection"
        await feed.aclose()  # type: ignore[attr-defined]


# jupyter's own: a folder it looks in, and sockets that its kernel's end leaves to the collector
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::pytest.PytestWarning"
)
def test_the_notebook_runs(url: str, journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "src")
    book = nbformat.read(NOTEBOOK, as_version=4)
    for cell in book.cells:
        cell.source = cell.source.replace("http://127.0.0.1:8000", url)
    with journey.working():
        NotebookClient(
            book, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parents[2])}}
        ).execute()
    assert any("400 The text is empty" in str(cell.get("outputs")) for cell in book.cells)
