"""Routes that answer many requests a second: declared and described like any other, without the general way's cost."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive

from groundswell.api.permissions import Permission

PATIENT_SECONDS = 0.02
"""A client that waits longer is watched; most have their answer before that."""

CLIENT_GONE = 499

Endpoint = Callable[[Any, Request], Awaitable[Response]]


class DirectRoute(APIRoute):
    """A route `async def endpoint(body: Model, request: Request) -> Response`.

    It parses the body, asks for permission and calls the endpoint, which writes the answer itself; FastAPI sees the
    same declaration and describes it. An endpoint whose client hangs up is cancelled.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        endpoint: Endpoint = self.endpoint
        model: type[BaseModel] = get_type_hints(self.endpoint)["body"]
        guards = [_guard(depends.dependency) for depends in self.dependencies]

        async def handle(request: Request) -> Response:
            raw = await request.body()
            for guard in guards:
                await guard(request)
            body = _parsed(model, request, raw)
            try:
                async with _WhileThere(request.receive):
                    return await endpoint(body, request)
            except _ClientGone:
                return Response(status_code=CLIENT_GONE)

        return handle


def _guard(dependency: object) -> Permission:
    if not isinstance(dependency, Permission):
        raise TypeError("A direct route depends on its permission and on nothing else.")
    return dependency


def _parsed(model: type[BaseModel], request: Request, raw: bytes) -> BaseModel:
    """Return the body; raises what FastAPI raises for a bad one."""
    if not _says_json(request.headers.get("content-type", "")):
        raise _invalid([{"type": "dict_type", "loc": (), "msg": "a JSON object, and Content-Type says so"}])
    try:
        return model.model_validate_json(raw)
    except ValidationError:
        return _parsed_with_care(model, raw)


def _says_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _parsed_with_care(model: type[BaseModel], raw: bytes) -> BaseModel:
    """Read what the fast parser refuses whole for half a surrogate pair in one text, and say what is wrong."""
    try:
        return model.model_validate(json.loads(raw))
    except json.JSONDecodeError as error:
        raise _no_json(error.pos, error.msg) from None
    except ValidationError as error:
        raise _invalid(error.errors()) from None
    except UnicodeError:
        raise HTTPException(400) from None
    except (ValueError, RecursionError):
        raise _no_json(0, "a number that is too long, or too many levels") from None


def _no_json(position: int, reason: str) -> RequestValidationError:
    return _invalid([{"type": "json_invalid", "loc": (position,), "msg": "", "ctx": {"error": reason}}])


def _invalid(complaints: Any) -> RequestValidationError:
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in complaints])


class _ClientGone(Exception):
    """Nobody waits for the answer."""


class _WhileThere:
    """Cancels what it encloses when the client hangs up."""

    __slots__ = ("_is_gone", "_receive", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive, self._is_gone = receive, False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENT_SECONDS, self._begin)

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        if self._task:
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher:
            self._watcher.cancel()
        if self._is_gone and kind is asyncio.CancelledError and self._task:
            self._task.uncancel()
            raise _ClientGone from None
