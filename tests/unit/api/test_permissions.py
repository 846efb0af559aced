from __future__ import annotations

import re
from collections.abc import Iterator

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


ASKING = {
    "/api/v1/predict",
    "/predict",
    "/api/v1/predict/batch",
    "/predict/batch",
    "/api/v1/live/ticket",
    "/api/v1/alert-rules/backtest",
}
"""Paths that are posted to and change nothing."""
COMING_AND_GOING = {"/api/v1/login", "/api/v1/logout"}
GRAVE = re.compile(
    r"retrain|evaluate|promote|shadow|rollback|download|bootstrap|training-jobs|reanaly|reset"
    r"|/keys|/privacy|/audit|/authors|/targets"
)
"""What changes who answers, costs a machine, leaves the house, or is about persons and keys."""


def test_what_changes_something_is_for_nobody_who_only_reads() -> None:
    for method, path, level in changing():
        if path not in ASKING | COMING_AND_GOING:
            assert level in {"annotate", "send", "write", "admin"}, (method, path, level)


def test_what_is_grave_is_for_admins() -> None:
    grave = [(method, path, level) for method, path, level in changing() if GRAVE.search(path)]
    assert len(grave) > 15
    assert [found for found in grave if found[2] != "admin"] == []


def changing() -> Iterator[tuple[str, str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            for method in (getattr(route, "methods", None) or set()) - {"GET", "HEAD"}:
                yield method, str(getattr(route, "path", "")), declared(route)[0]
