from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.api import SECRET, calling

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.identity import post_key


def post(number: int, **changes: Any) -> dict[str, Any]:
    return {"post_id": f"p{number}", "source": "demo", "content": f"words {number}", **changes}


def key(number: int) -> str:
    return str(post_key(SECRET, "demo", f"p{number}"))


def backlog(parts: Parts) -> int:
    return int(parts.redis.xlen("social_posts"))


async def test_one_post_is_on_the_stream_before_the_answer(api: httpx.AsyncClient, parts: Parts) -> None:
    answer = await api.post("/api/v1/posts", json=post(1))

    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "ids": [key(1)], "rejected": []}
    assert backlog(parts) == 1


async def test_an_array_rejects_only_what_is_bad(api: httpx.AsyncClient, parts: Parts) -> None:
    posts = [post(1), post(2, content="a\0b"), 7, post(4, content="half \ud800"), post(5)]
    answer = await api.post("/api/v1/posts", content=json.dumps(posts))

    body = answer.json()
    assert answer.status_code == 202 and body["ids"] == [key(1), key(5)] and body["accepted"] == 2
    assert [one["index"] for one in body["rejected"]] == [1, 2, 3]
    assert {one["error"]["code"] for one in body["rejected"]} == {"INVALID_PARAMETER"}
    assert backlog(parts) == 2


async def test_ndjson_rejects_only_the_bad_line(api: httpx.AsyncClient, parts: Parts) -> None:
    lines = [json.dumps(post(1)), "{broken", "", json.dumps([1]), json.dumps(post(4))]
    headers = {"Content-Type": "application/x-ndjson; charset=utf-8"}
    body = (await api.post("/api/v1/posts", content="\n".join(lines), headers=headers)).json()

    assert body["ids"] == [key(1), key(4)]
    assert [(one["index"], one["error"]["code"]) for one in body["rejected"]] == [
        (1, "INVALID_JSON"),
        (2, "INVALID_PARAMETER"),
    ]
    assert backlog(parts) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "INVALID_JSON"),
        ("{", "INVALID_JSON"),
        ("[" * 100_000, "TOO_LARGE"),
        ("[" * 9_000, "INVALID_JSON"),
        ("7", "INVALID_PARAMETER"),
        (json.dumps(post(1, content="")), "INVALID_PARAMETER"),
        (json.dumps(post(1, colour="red")), "INVALID_PARAMETER"),
        (json.dumps([post(n) for n in range(6)]), "INVALID_PARAMETER"),
    ],
    ids=["empty", "broken", "large", "deep", "number", "bad post", "unknown field", "too many"],
)
async def test_what_cannot_be_read_is_refused_whole(
    api: httpx.AsyncClient, parts: Parts, body: str, code: str
) -> None:
    answer = await api.post("/api/v1/posts", content=body, headers={"Content-Type": "application/json"})

    assert answer.json()["error"]["code"] == code
    assert answer.status_code == (413 if code == "TOO_LARGE" else 400)
    assert backlog(parts) == 0


async def test_a_body_of_unknown_length_is_bounded_too(api: httpx.AsyncClient, parts: Parts) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b"x" * 1_000

    answer = await api.post("/api/v1/posts", content=endless())
    assert answer.status_code == 413 and answer.json()["error"]["code"] == "TOO_LARGE"
    assert backlog(parts) == 0


async def test_a_full_stream_is_429_and_writes_nothing(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of(max_entries=2)
    async with calling(create_app(parts)) as api:
        assert (await api.post("/api/v1/posts", json=[post(1), post(2)])).status_code == 202
        answer = await api.post("/api/v1/posts", json=[post(3), post(4)])

    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert answer.json()["error"]["code"] == "STREAM_FULL"
    assert backlog(parts) == 2


async def test_a_dead_stream_is_503(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of()
    parts.redis.connection_pool.connection_kwargs["path"] = "/nowhere.sock"
    parts.redis.connection_pool.disconnect()
    async with calling(create_app(parts)) as api:
        for headers in ({}, {"Idempotency-Key": "k"}):
            answer = await api.post("/api/v1/posts", json=post(1), headers=headers)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
            assert "UNAVAILABLE" in answer.json()["error"]["code"]


async def test_an_idempotency_key_answers_again_without_doing_it_again(
    api: httpx.AsyncClient, parts: Parts
) -> None:
    send = {"json": [post(1), post(2, content="")], "headers": {"Idempotency-Key": "once"}}
    first = await api.post("/api/v1/posts", **send)  # type: ignore[arg-type]
    again = await api.post("/api/v1/posts", **send)  # type: ignore[arg-type]

    assert again.status_code == first.status_code == 202
    assert again.json() == first.json() and again.headers["Idempotency-Replayed"] == "true"
    assert backlog(parts) == 1


async def test_an_idempotency_key_with_another_body_is_409(api: httpx.AsyncClient, parts: Parts) -> None:
    headers = {"Idempotency-Key": "once"}
    await api.post("/api/v1/posts", json=post(1), headers=headers)
    answer = await api.post("/api/v1/posts", json=post(2), headers=headers)

    assert answer.status_code == 409 and answer.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert backlog(parts) == 1


async def test_a_failed_request_gives_its_key_back(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of(max_entries=1)
    headers = {"Idempotency-Key": "once"}
    async with calling(create_app(parts)) as api:
        await api.post("/api/v1/posts", json=post(1))
        assert (await api.post("/api/v1/posts", json=post(2), headers=headers)).status_code == 429
        parts.redis.delete("social_posts")
        assert (await api.post("/api/v1/posts", json=post(2), headers=headers)).status_code == 202
