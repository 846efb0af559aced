"""The client for asyncio: the same calls as the other one, awaited."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Literal, Self

import httpx
import orjson

from groundswell.client import calls
from groundswell.client.calls import Call
from groundswell.client.shapes import Failed, Post, Prediction
from groundswell.client.view import View
from groundswell.core.errors import Unavailable
from groundswell.core.retry import Backoff


class AsyncGroundswell:
    """Talks to a running Groundswell; close it, or use it in an `async with`.

    What the server refuses is an `ApiError` with its sentence; a server that is busy or away is
    asked again `retries` times, then it is `Unavailable`.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        key: str | None = None,
        seconds: float = 30.0,
        retries: int = 4,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(base_url=url, timeout=seconds, headers=headers)
        self._line: dict[str, Any] = {
            "additional_headers": headers,
            "open_timeout": seconds,
            "proxy": None,
        }
        self._url, self._retries = url.rstrip("/"), retries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def predict(self, text: str, *, model: str | None = None, explain: bool = False) -> Prediction:
        """Read one text."""
        found: Prediction = await self._do(calls.predict(text, model, explain=explain))
        return found

    async def predict_batch(
        self, texts: Sequence[str], *, model: str | None = None
    ) -> list[Prediction | Failed]:
        """Read many texts, in order; one that cannot be read is `{"index", "error"}` in its place."""
        return calls.renumbered([await self._do(call) for call in calls.predict_batches(texts, model)])

    async def send(self, posts: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Hand in posts; sent again with the same ids, each counts once."""
        found: dict[str, Any] = await self._do(Call(method="POST", path="/posts", body=list(posts)))
        return found

    async def posts(self, **filters: Any) -> AsyncIterator[Post]:
        """Yield posts page by page, newest first; `start` and `end` are its `from` and `to`."""
        query = {"limit": calls.PAGE, **filters}
        while True:
            page = await self._do(Call(method="GET", path="/posts", query=query))
            for post in page["data"]:
                yield post
            cursor = page["metadata"]["next_cursor"]
            if cursor is None:
                return
            query = calls.next_page(query, cursor)

    async def distribution(
        self, *, start: datetime | None = None, end: datetime | None = None, **filters: Any
    ) -> View:
        """Return how the posts of a window divide, the last 24 hours by default."""
        return await self._view("/sentiment/distribution", start=start, end=end, **filters)

    async def timeline(
        self,
        period: Literal["minute", "hour", "day"] = "hour",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        **filters: Any,
    ) -> View:
        """Return the mood of a window over time, empty buckets included."""
        return await self._view("/sentiment/timeline", period=period, start=start, end=end, **filters)

    async def _view(self, path: str, **query: Any) -> View:
        found = await self._do(Call(method="GET", path=path, query=query))
        return View(data=found["data"], metadata=found["metadata"])

    async def feedback(self, text: str | None, user_label: str, **more: Any) -> Any:
        """Tell what a text's sentiment really is: `model_prediction`, `emotion`, `annotator` as well.

        Of a stored post, give its `post_id` instead of a text.
        """
        return await self._do(calls.feedback(text, user_label, more))

    async def status(self) -> dict[str, Any]:
        """Return how the whole is doing."""
        found: dict[str, Any] = await self._do(Call(method="GET", path="/status"))
        return found

    async def live(self, *, cursor: str | None = None, **wish: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield events as they happen, until you stop; a lost connection is resumed behind the last event.

        `wish`: topic, source, sentiment, lang, rate.
        """
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus, WebSocketException

        backoff, failures = Backoff(first=0.5, most=calls.LONGEST_WAIT), 0
        while True:
            answer: httpx.Response | None = None
            address = calls.live_address(self._url, {**wish, "cursor": cursor})
            try:
                async with connect(address, **self._line) as socket:
                    async for frame in socket:
                        event = orjson.loads(frame)
                        cursor, failures = event.get("cursor", cursor), 0
                        backoff.reset()
                        yield event
            except InvalidStatus as error:
                said = error.response
                answer = calls.handshake(said.status_code, said.headers, bytes(said.body or b""))
            except (WebSocketException, OSError):
                answer = None
            failures += 1
            if failures > self._retries or calls.is_final(answer):
                calls.gone(self._url, answer)
            await asyncio.sleep(calls.pause(answer, backoff))

    async def _do(self, call: Call) -> Any:
        backoff = Backoff(first=0.2, most=calls.LONGEST_WAIT)
        for left in range(self._retries if call.repeatable else 0, -1, -1):
            answer = None
            try:
                answer = await self._http.request(**call.arguments())
            except httpx.TransportError as error:
                if not left:
                    raise Unavailable(f"{self._url} does not answer: {error}") from error
            if answer is not None and (answer.status_code not in calls.TRY_AGAIN or not left):
                return calls.understood(answer)
            await asyncio.sleep(calls.pause(answer, backoff))
        raise Unavailable
