"""What is asked of the API, and how its answers are understood: shared by both clients, without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlencode

import httpx

from groundswell.core.errors import ApiError, Unavailable
from groundswell.core.retry import Backoff

API = "/api/v1"
PAGE = 500
BATCH = 1_000
TRY_AGAIN = {429, 503}
LONGEST_WAIT = 30.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    #: whether it may be sent twice
    repeatable: bool = True

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of httpx's `request`."""
        more = {} if self.body is None else {"json": self.body}
        return {"method": self.method, "url": API + self.path, "params": given(self.query), **more}


def given(query: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is None; `start` and `end` are `from` and `to`, and times are ISO 8601."""
    names = {"start": "from", "end": "to"}
    found = {names.get(name, name): value for name, value in query.items() if value is not None}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in found.items()
    }


def predict(text: str, model: str | None, *, explain: bool) -> Call:
    """Ask for one text."""
    body = {"text": text, "explain": explain} | ({"model": model} if model else {})
    return Call(method="POST", path="/predict", body=body)


def predict_batches(texts: Sequence[str], model: str | None) -> list[Call]:
    """Ask for many texts, as many at once as the server takes."""
    named = {"model": model} if model else {}
    parts = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    return [Call(method="POST", path="/predict/batch", body={"texts": part} | named) for part in parts]


def renumbered(answers: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Join the results of batches; what failed keeps its place in the whole."""
    joined: list[Any] = []
    for answer in answers:
        before = len(joined)
        joined += [
            {**one, "index": one["index"] + before} if "error" in one else one for one in answer["results"]
        ]
    return joined


def next_page(query: Mapping[str, Any], cursor: str) -> dict[str, Any]:
    """Ask for the page behind `cursor`, which brings order and clock along."""
    kept = {name: value for name, value in query.items() if name not in {"order", "clock", "offset"}}
    return {**kept, "cursor": cursor}


def feedback(text: str | None, user_label: str, more: Mapping[str, Any]) -> Call:
    """Tell what the sentiment of a text, or of a stored post, really is."""
    body = given({"text": text, "user_label": user_label, **more})
    return Call(method="POST", path="/feedback", body=body, repeatable=False)


def understood(answer: httpx.Response) -> Any:
    """Return the answer's JSON; raises `ApiError` with what the server says."""
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        said = answer.json()["error"]
        code, message, details = said["code"], said["message"], said.get("details", {})
    except (ValueError, KeyError, TypeError):
        code, message, details = "API_ERROR", f"The server answers with HTTP {answer.status_code}.", {}
    request_id = answer.headers.get("X-Request-ID")
    raise ApiError(
        message, details={**details, "status": answer.status_code, "code": code, "request_id": request_id}
    )


def handshake(status: int, headers: Mapping[str, str], body: bytes) -> httpx.Response:
    """Return the answer to a request for the live feed that did not become one, as of any other request."""
    kept = {name: headers[name] for name in ("Retry-After", "X-Request-ID") if name in headers}
    return httpx.Response(status, headers=kept, content=body)


def is_final(answer: httpx.Response | None) -> bool:
    """Tell whether asking for the live feed again is in vain: the wish is wrong, or the key is."""
    return answer is not None and answer.status_code < 500 and answer.status_code not in TRY_AGAIN


def pause(answer: httpx.Response | None, backoff: Backoff) -> float:
    """Return how long to wait before the next try: what the server says, at most half a minute."""
    waits = backoff.wait()
    said = answer.headers.get("Retry-After", "") if answer is not None else ""
    return min(max(waits, float(said)), LONGEST_WAIT) if said.isdecimal() else waits


def gone(url: str, answer: httpx.Response | None) -> NoReturn:
    """Say why the live feed cannot be had: in the server's words, where it has any."""
    if answer is not None:
        understood(answer)
    raise Unavailable(f"The live feed of {url} cannot be reached.")


def live_address(url: str, query: Mapping[str, Any]) -> str:
    """Return the address of the live feed."""
    return f"ws{url.removeprefix('http')}{API}/live?{urlencode(given(query))}"
