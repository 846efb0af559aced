"""The client for scripts and notebooks; safe to use from several threads."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, Self

import httpx
import orjson

from groundswell.client import calls
from groundswell.client.calls import Call
from groundswell.client.shapes import Failed, Post, Prediction
from groundswell.client.view import View
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import Unavailable
from groundswell.core.retry import Backoff


class Groundswell:
    """Talks to a running Groundswell; close it, or use it in a `with`.

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
        clock: Clock | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, timeout=seconds, headers=headers)
        self._line: dict[str, Any] = {
            "additional_headers": headers,
            "open_timeout": seconds,
            "proxy": None,
        }
        self._url, self._retries, self._clock = url.rstrip("/"), retries, clock or SystemClock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def predict(self, text: str, *, model: str | None = None, explain: bool = False) -> Prediction:
        """Read one text."""
        found: Prediction = self._do(calls.predict(text, model, explain=explain))
        return found

    def predict_batch(self, texts: Sequence[str], *, model: str | None = None) -> list[Prediction | Failed]:
        """Read many texts, in order; one that cannot be read is `{"index", "error"}` in its place."""
        return calls.renumbered([self._do(call) for call in calls.predict_batches(texts, model)])

    def send(self, posts: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Hand in posts; sent again with the same ids, each counts once."""
        found: dict[str, Any] = self._do(Call(method="POST", path="/posts", body=list(posts)))
        return found

    def posts(self, **filters: Any) -> Iterator[Post]:
        """Yield posts page by page, newest first; `start` and `end` are its `from` and `to`."""
        query = {"limit": calls.PAGE, **filters}
        while True:
            page = self._do(Call(method="GET", path="/posts", query=query))
            yield from page["data"]
            cursor = page["metadata"]["next_cursor"]
            if cursor is None:
                return
            query = calls.next_page(query, cursor)

    def distribution(
        self, *, start: datetime | None = None, end: datetime | None = None, **filters: Any
    ) -> View:
        """Return how the posts of a window divide, the last 24 hours by default."""
        return self._view("/sentiment/distribution", start=start, end=end, **filters)

    def timeline(
        self,
        period: Literal["minute", "hour", "day"] = "hour",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        **filters: Any,
    ) -> View:
        """Return the mood of a window over time, empty buckets included."""
        return self._view("/sentiment/timeline", period=period, start=start, end=end, **filters)

    def _view(self, path: str, **query: Any) -> View:
        found = self._do(Call(method="GET", path=path, query=query))
        return View(data=found["data"], metadata=found["metadata"])

    def feedback(self, text: str | None, user_label: str, **more: Any) -> Any:
        """Tell what a text's sentiment really is: `model_prediction`, `emotion`, `annotator` as well.

        Of a stored post, give its `post_id` instead of a text.
        """
        return self._do(calls.feedback(text, user_label, more))

    def status(self) -> dict[str, Any]:
        """Return how the whole is doing."""
        found: dict[str, Any] = self._do(Call(method="GET", path="/status"))
        return found

    def live(self, *, cursor: str | None = None, **wish: Any) -> Iterator[dict[str, Any]]:
        """Yield events as they happen, until you stop; a lost connection is resumed behind the last event.

        `wish`: topic, source, sentiment, lang, rate.
        """
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        backoff, failures = Backoff(first=0.5, most=calls.LONGEST_WAIT), 0
        while True:
            answer: httpx.Response | None = None
            address = calls.live_address(self._url, {**wish, "cursor": cursor})
            try:
                with connect(address, **self._line) as socket:
                    for frame in socket:
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
            self._clock.sleep(calls.pause(answer, backoff))

    def _do(self, call: Call) -> Any:
        backoff = Backoff(first=0.2, most=calls.LONGEST_WAIT)
        for left in range(self._retries if call.repeatable else 0, -1, -1):
            answer = None
            try:
                answer = self._http.request(**call.arguments())
            except httpx.TransportError as error:
                if not left:
                    raise Unavailable(f"{self._url} does not answer: {error}") from error
            if answer is not None and (answer.status_code not in calls.TRY_AGAIN or not left):
                return calls.understood(answer)
            self._clock.sleep(calls.pause(answer, backoff))
        raise Unavailable
