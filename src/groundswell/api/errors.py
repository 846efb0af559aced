"""The one place where an error becomes an HTTP status and the envelope every error answer has."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from groundswell.core.errors import (
    BadArtefact,
    Busy,
    Conflict,
    Forbidden,
    GroundswellError,
    InvalidInput,
    NotBuiltYet,
    NotFound,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

STATUS: dict[type[GroundswellError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    BadArtefact: 409,
    TooSlow: 408,
    TooLarge: 413,
    UnsupportedMedia: 415,
    Busy: 429,
    NotBuiltYet: 501,
    Unavailable: 503,
    GroundswellError: 500,
}
"""An error has the status of its nearest ancestor in this table."""

ECHOED_CHARACTERS = 100
"""As much of a wrong value is repeated to the one who sent it."""

PLAIN_ERRORS: dict[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "The request cannot be read."),
    401: (Unauthenticated.code, Unauthenticated().message),
    403: (Forbidden.code, Forbidden().message),
    404: (NotFound.code, "There is no such path."),
    405: ("METHOD_NOT_ALLOWED", "This path does not take that method."),
    413: (TooLarge.code, TooLarge().message),
    500: (
        "INTERNAL",
        "Something went wrong inside Groundswell; its log tells more under the X-Request-ID of this answer.",
    ),
}
"""Code and message of errors that the framework raises, and of those whose inside is nobody's business."""

POLICY_VIOLATION, INTERNAL_ERROR, TRY_AGAIN_LATER = 1008, 1011, 1013
"""Close codes of a WebSocket, RFC 6455 section 7.4.1 and IANA's registry."""


class ErrorBody(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable name of the error, for programs.")
    message: str = Field(description="One sentence for people.")
    details: dict[str, Any] = Field(
        default_factory=dict,
        description="What the error is about; for a wrong parameter: `parameter`, `provided`, `allowed`.",
    )


class ErrorAnswer(BaseModel):
    """The body of every answer that reports an error."""

    model_config = ConfigDict(frozen=True)

    error: ErrorBody = Field(description="The error.")


def status_of(error: GroundswellError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_body(error: GroundswellError) -> ErrorBody:
    """Shape an error for its envelope; an error of ours that has no status of its own shows no inside."""
    if status_of(error) == 500:
        code, message = PLAIN_ERRORS[500]
        return ErrorBody(code=code, message=message)
    return ErrorBody(code=error.code, message=error.message, details=error.details)


def error_response(error: GroundswellError) -> JSONResponse:
    """Shape an error as an answer, with Retry-After where trying again makes sense."""
    retry_after = getattr(error, "retry_after_seconds", None)
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="groundswell"'
    return _response(status_of(error), error_body(error), headers)


def plain_response(status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Shape an answer to an error that has a status and nothing else."""
    code, message = PLAIN_ERRORS.get(status) or _standard_words(status)
    return _response(status, ErrorBody(code=code, message=message), headers or {})


def _standard_words(status: int) -> tuple[str, str]:
    phrase = HTTPStatus(status).phrase
    return phrase.upper().replace(" ", "_"), f"{phrase}."


def _response(status: int, body: ErrorBody, headers: Mapping[str, str]) -> JSONResponse:
    return JSONResponse({"error": body.model_dump()}, status_code=status, headers=dict(headers))


# -- what a caller sent wrong --------------------------------------------------------------------------------


def invalid_request(errors: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """Say which parameter is wrong, what was sent and what is allowed, from pydantic's list of complaints."""
    first = errors[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return InvalidJson(details={"parameter": "body", "reason": reason})
    parameter = str(echo(".".join(str(part) for part in first["loc"][1:]))) or "body"
    if first["type"] == "missing":
        return InvalidInput(f"Parameter '{parameter}' is missing", details={"parameter": parameter})
    return invalid_parameter(parameter, first.get("input"), _allowed(first))


class InvalidJson(InvalidInput):
    """The body is not valid JSON."""

    code = "INVALID_JSON"


def invalid_parameter(parameter: str, provided: object, allowed: object) -> InvalidInput:
    """Return the error for a parameter with a wrong value."""
    details = {"parameter": parameter, "provided": echo(provided), "allowed": allowed}
    return InvalidInput(f"Invalid value for parameter '{parameter}'", details=details)


def echo(value: object) -> object:
    """Return a value as it may be repeated in an answer: short, and in characters that JSON can carry."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"
    return text[:ECHOED_CHARACTERS].encode("utf-8", "replace").decode()


_BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "min_length": "at least {} long",
    "max_length": "at most {} long",
    "pattern": "of the form {}",
}


def _allowed(complaint: Mapping[str, Any]) -> object:
    context = complaint.get("ctx") or {}
    if complaint["type"] in {"literal_error", "enum"}:
        return re.findall(r"'([^']*)'", str(context.get("expected", "")))
    if complaint["type"] == "extra_forbidden":
        return "not given: there is no such parameter"
    bounds = [words.format(context[name]) for name, words in _BOUNDS.items() if name in context]
    return ", ".join(bounds) or str(complaint["msg"]).removeprefix("Input should be ")


# -- the handlers --------------------------------------------------------------------------------------------


def install(app: FastAPI) -> None:
    """Make `app` answer every error in the envelope."""
    app.add_exception_handler(GroundswellError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(WebSocketRequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_error(connection: Request | WebSocket, error: Exception) -> Any:
    known = error if isinstance(error, GroundswellError) else GroundswellError()
    if isinstance(connection, WebSocket):
        return await _deny_or_close(connection, known)
    return error_response(known)


async def _on_invalid(connection: Request | WebSocket, error: Exception) -> Any:
    complaints: Sequence[Mapping[str, Any]] = getattr(error, "errors", list)()
    return await _on_error(connection, invalid_request(complaints))


async def _on_http_exception(connection: Request | WebSocket, error: Exception) -> Any:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = plain_response(status, getattr(error, "headers", None))
    if isinstance(connection, WebSocket):
        return await connection.send_denial_response(response)
    return response


async def _deny_or_close(socket: WebSocket, error: GroundswellError) -> None:
    """Answer a handshake like a request; on an open WebSocket the reason goes into the close frame."""
    if socket.application_state.name == "CONNECTING":
        await socket.send_denial_response(error_response(error))
        return
    code = {429: TRY_AGAIN_LATER, 503: TRY_AGAIN_LATER, 500: INTERNAL_ERROR}.get(
        status_of(error), POLICY_VIOLATION
    )
    await socket.close(code, error_body(error).message[:120])


async def refuse(scope: Scope, receive: Receive, send: Send, error: GroundswellError) -> None:
    """Answer an error from a middleware, to a request or to the handshake of a WebSocket."""
    if scope["type"] == "websocket":
        await _deny_or_close(WebSocket(scope, receive, send), error)
    else:
        await error_response(error)(scope, receive, send)


RESPONSES: dict[int, str] = {
    400: "A parameter is wrong; `details` says which.",
    401: "A key is needed, or the one that was sent opens nothing (any more).",
    403: "The key does not have the scope that is needed.",
    404: "There is no such thing.",
    409: "Not possible in the present state.",
    413: "The body is larger than this server accepts.",
    429: "The server is full at the moment; nothing was written. `Retry-After` says when to try again.",
    503: "A server that is needed does not answer. `Retry-After` says when to try again.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors a route answers, for its `responses`."""
    return {status: {"model": ErrorAnswer, "description": RESPONSES[status]} for status in statuses}
