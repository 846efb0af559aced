from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import HTTPConnection
from tests.api import calling

from groundswell.api import errors
from groundswell.api.app import ROUTERS
from groundswell.api.permissions import Level, declared, permission, require_declared
from groundswell.core.errors import CannotStart, Forbidden


def router_with(*levels: Level) -> APIRouter:
    router = APIRouter()

    @router.get("/things", dependencies=[permission(level) for level in levels])
    async def things() -> str:
        return "things"

    return router


@pytest.mark.parametrize("levels", [(), ("read", "write")])
def test_a_route_that_declares_none_or_two_does_not_start(levels: tuple[Level, ...]) -> None:
    with pytest.raises(CannotStart, match="/things"):
        require_declared(router_with(*levels).routes)


def test_every_route_of_the_app_declares_one() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    assert routes and all(len(declared(route)) == 1 for route in routes)


async def test_the_gate_is_asked_with_the_level() -> None:
    asked: list[Level] = []

    def allow(connection: HTTPConnection, level: Level) -> None:
        asked.append(level)
        if connection.headers.get("x-friend") is None:
            raise Forbidden

    app = FastAPI()
    app.state.parts = type("Parts", (), {"allow": staticmethod(allow)})
    errors.install(app)
    app.include_router(router_with("write"))
    async with calling(app) as api:
        assert (await api.get("/things")).status_code == 403
        assert (await api.get("/things", headers={"X-Friend": "yes"})).status_code == 200
    assert asked == ["write", "write"]
