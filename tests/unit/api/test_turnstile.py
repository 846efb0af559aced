"""What a full model costs those it has no room for: nothing but the answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from groundswell.api.routes.predict import CROWDED
from groundswell.api.turnstile import Turnstile

Ask = Callable[[str, str], Awaitable[list[Message]]]


def turnstile(*, is_full: bool) -> tuple[Ask, list[Scope]]:
    """Return what asks a turnstile for a path and a method, and what it has passed on."""
    passed: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        passed.append(scope)

    async def ask(method: str, path: str) -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError("the body is not read")

        scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}
        await Turnstile(app, CROWDED, lambda: is_full)(scope, receive, send)
        if sent:
            assert scope["route"].path == path, "it is counted under its path"
        return sent

    return ask, passed


@pytest.mark.parametrize("path", ["/predict", "/api/v1/predict"])
async def test_a_text_without_room_is_refused_unread(path: str) -> None:
    ask, passed = turnstile(is_full=True)
    start, body = await ask("POST", path)
    assert start["status"] == 429 and (b"retry-after", b"1") in start["headers"]
    assert json.loads(body["body"])["error"]["code"] == "TOO_MANY_REQUESTS"
    assert not passed


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/predict"), ("POST", "/predict/batch"), ("POST", "/api/v1/ingest")]
)
async def test_what_does_not_stand_in_that_line_passes(method: str, path: str) -> None:
    ask, passed = turnstile(is_full=True)
    assert await ask(method, path) == [] and len(passed) == 1


async def test_who_finds_room_passes() -> None:
    ask, passed = turnstile(is_full=False)
    assert await ask("POST", "/predict") == [] and len(passed) == 1
