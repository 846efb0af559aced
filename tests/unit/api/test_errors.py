from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict
from tests.api import calling

from groundswell.api import errors as mapper
from groundswell.core import errors
from groundswell.core.errors import GroundswellError


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    size: int = 1


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    mapper.install(app)

    @app.get("/things")
    async def things(
        period: Literal["hour", "day"] = "hour", limit: Annotated[int, Query(ge=1, le=500)] = 20
    ) -> str:
        return f"{period} {limit}"

    @app.post("/things")
    async def make(body: Body) -> str:
        return body.text

    return app


CASES = [
    ("GET", "/things?period=minute", None, "period", "minute", ["hour", "day"]),
    ("GET", "/things?limit=0", None, "limit", "0", "at least 1"),
    ("GET", "/things?limit=501", None, "limit", "501", "at most 500"),
    ("GET", "/things?limit=many", None, "limit", "many", None),
    ("POST", "/things", '{"text": "x", "colour": "red"}', "colour", "red", None),
    ("POST", "/things", '{"text": "x", "\\ud800": 1}', "body", "?", None),
    ("POST", "/things", '{"text": "x", "size": "\\ud800"}', "size", "?", None),
    ("POST", "/things", '{"text": "x", "size": {"a": 1}}', "size", "an object", None),
    ("POST", "/things", '{"text": "' + "x" * 10 + '", "size": "' + "y" * 900 + '"}', "size", "y" * 100, None),
]


@pytest.mark.parametrize(("method", "path", "body", "parameter", "provided", "allowed"), CASES)
async def test_a_wrong_parameter_is_400_and_says_what_is_allowed(
    app: FastAPI, method: str, path: str, body: str | None, parameter: str, provided: object, allowed: object
) -> None:
    async with calling(app) as api:
        answer = await api.request(method, path, content=body, headers={"Content-Type": "application/json"})

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["code"] == "INVALID_PARAMETER"
    assert error["message"] == f"Invalid value for parameter '{parameter}'"
    assert error["details"]["parameter"] == parameter and error["details"]["provided"] == provided
    assert error["details"]["allowed"]
    if allowed is not None:
        assert error["details"]["allowed"] == allowed


@pytest.mark.parametrize(
    ("body", "code", "parameter"),
    [("{", "INVALID_JSON", "body"), ("{}", "INVALID_PARAMETER", "text"), ("", "INVALID_PARAMETER", "body")],
)
async def test_what_is_missing_or_broken_is_named(app: FastAPI, body: str, code: str, parameter: str) -> None:
    async with calling(app) as api:
        answer = await api.post("/things", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["details"]["parameter"]) == (
        code,
        parameter,
    )


async def test_paths_and_methods_that_do_not_exist_are_in_the_envelope(app: FastAPI) -> None:
    async with calling(app) as api:
        nowhere, wrong = await api.get("/nowhere"), await api.delete("/things")

    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in wrong.headers["Allow"]


def every_error() -> Iterator[type[GroundswellError]]:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, GroundswellError):
            yield found


EXPECTED = {
    "InvalidInput": 400,
    "AddressRefused": 400,
    "UnknownModel": 400,
    "UnreadableText": 400,
    "Unauthenticated": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "Conflict": 409,
    "BadArtefact": 409,
    "TooSlow": 408,
    "TooLarge": 413,
    "UnsupportedMedia": 415,
    "Busy": 429,
    "TooManyRequests": 429,
    "StreamFull": 429,
    "DashboardNotBuilt": 501,
    "NotBuiltYet": 501,
    "Unavailable": 503,
    "StreamUnavailable": 503,
    "StoreUnavailable": 503,
    "ModelUnavailable": 503,
    "ModelStoreUnavailable": 503,
    "ModelDeclines": 503,
    "HubUnavailable": 503,
}


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_status(kind: type[GroundswellError]) -> None:
    response = mapper.error_response(kind())

    assert response.status_code == EXPECTED.get(kind.__name__, 500)
    assert ("Retry-After" in response.headers) == (response.status_code in {429, 503})
    shows_inside = kind().message.encode() in response.body
    assert shows_inside == (response.status_code != 500)
