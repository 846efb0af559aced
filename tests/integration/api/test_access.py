"""Promise 11: nobody sees or does what his role forbids; the matrix is made from the route table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, WebSocketRoute
from tests.access import BY, Locked, bearer, locked
from tests.api import calling, listening, served
from websockets.exceptions import InvalidStatus

from groundswell.api.access.keyring import Keyring
from groundswell.api.app import ROUTERS
from groundswell.api.parts import Parts
from groundswell.api.permissions import declared
from groundswell.core.access import ROLE_SCOPES, SCOPES, digest
from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSettings
from groundswell.store import access
from groundswell.store.database import Database

ROUTES: list[BaseRoute] = [route for router in ROUTERS for route in router.routes]
CALLS = [
    (method, route)
    for route in ROUTES
    if isinstance(route, APIRoute)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
SOCKETS = [route for route in ROUTES if isinstance(route, WebSocketRoute)]


VALUES = {"author": "nobody", "id": "1", "number": "1", "version": "1"}
"""What stands for the parameters of paths; for others, x."""


@pytest.fixture
def lock(database_url: str, redis_url: str, parts_of: Callable[..., Parts]) -> Callable[..., Any]:
    def make(**changes: Any) -> Any:
        return locked(database_url, redis_url, parts_of, **changes)

    return make


@pytest.fixture
def house(lock: Callable[..., Any]) -> Iterator[Locked]:
    with lock() as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """One who calls every route: what he shows, and what he may do."""

    headers: dict[str, str]
    scopes: frozenset[str] = frozenset()
    #: how he is refused what he may not
    refused: int = 403

    def is_answered_rightly(self, level: str, status: int) -> bool:
        if level == "open" or level in self.scopes:
            return status not in {401, 403}
        return status == self.refused


def everybody(house: Locked) -> dict[str, Somebody]:
    wrong = house.admin[:-1] + ("0" if house.admin[-1] != "0" else "1")
    found = {
        "nobody": Somebody(headers={}, refused=401),
        "a wrong key": Somebody(headers=bearer(wrong), refused=401),
    }
    for role, scopes in ROLE_SCOPES.items():
        found[role] = Somebody(headers=bearer(getattr(house, role)), scopes=scopes)
    for scope in SCOPES:
        found[f"only {scope}"] = Somebody(headers=bearer(house.make(scope)[1]), scopes=frozenset({scope}))
    return found


def test_the_route_table_is_what_the_matrix_thinks() -> None:
    levels = {declared(route)[0] for route in ROUTES}
    assert len(CALLS) > 50 and len(SOCKETS) == 3
    assert levels == {"open", *SCOPES}


async def test_each_route_answers_those_alone_who_may_ask_it(house: Locked) -> None:
    """Role x route, keys narrowed to one scope, no key, a wrong one; all ask for one route at once."""
    people, astray = everybody(house), []
    async with calling(house.app) as api:
        for method, route in CALLS:
            path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: VALUES.get(found[1], "x"), route.path)
            body: object = {} if method in {"POST", "PUT", "PATCH"} else None
            asked = [api.request(method, path, json=body, headers=one.headers) for one in people.values()]
            (level,) = declared(route)
            for (name, one), answer in zip(people.items(), await asyncio.gather(*asked), strict=True):
                if not one.is_answered_rightly(level, answer.status_code):
                    astray.append((f"{method} {route.path}", level, name, answer.status_code))
    assert astray == []


async def test_the_live_feed_asks_for_a_key_too(house: Locked) -> None:
    _, sender = house.make("send")
    with served(house.app) as port:
        for path in (route.path for route in SOCKETS):
            for headers, status in [({}, 401), (bearer("gsk_no"), 401), (bearer(sender), 403)]:
                with pytest.raises(InvalidStatus) as refused:
                    async with listening(port, path=path, additional_headers=headers):
                        pass
                assert refused.value.response.status_code == status
            async with listening(port, path=path, additional_headers=bearer(house.viewer)) as (_, greeting):
                assert greeting["type"] == "connection"


async def test_unknown_paths_tell_a_stranger_nothing(house: Locked) -> None:
    async with calling(house.app) as api:
        assert (await api.get("/api/v1/nothing")).status_code == 401
        assert (await api.request("BREW", "/api/v1/posts")).status_code == 401
        refused = await api.get("/api/v1/posts")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.json()["error"]["code"] == "UNAUTHORIZED"


async def test_other_authorizations_are_none(house: Locked) -> None:
    for given in ("Basic YTpi", "Bearer", "Bearer ", "gsk_1_2"):
        async with calling(house.app, Authorization=given) as api:
            assert (await api.get("/api/v1/posts")).status_code == 401, given


async def test_no_key_is_in_the_database(house: Locked) -> None:
    with house.database.reading() as connection:
        rows = connection.execute("SELECT access_keys::text FROM access_keys").fetchall()
        audit = connection.execute("SELECT audit::text FROM audit").fetchall()
    secret = house.admin.split("_")[2]
    assert rows and not any(secret in str(row) for row in [*rows, *audit])
    assert any(digest(house.admin).hex() in str(row) for row in rows)


async def test_keys_are_made_listed_and_ended_over_http(house: Locked) -> None:
    async with calling(house.app, **bearer(house.admin)) as api:
        made = (await api.post("/api/v1/keys", json={"name": "screen", "days": 1})).json()
        assert made["role"] == "viewer" and made["expires_at"]
        listed = (await api.get("/api/v1/keys")).json()["data"]
        assert made["id"] in {key["id"] for key in listed} and "key" not in listed[0]
        more = await api.post("/api/v1/keys", json={"name": "x", "role": "viewer", "scopes": ["admin"]})
        assert more.status_code == 400
        async with calling(house.app, **bearer(made["key"])) as mine:
            assert (await mine.get("/api/v1/posts")).status_code == 200
            assert (await api.delete(f"/api/v1/keys/{made['id']}")).json()["revoked_at"]
            house.keyring.look()
            assert (await mine.get("/api/v1/posts")).status_code == 401


async def test_an_expired_key_opens_nothing(house: Locked) -> None:
    _, key = house.make(seconds=-1)
    async with calling(house.app, **bearer(key)) as api:
        assert (await api.get("/api/v1/posts")).status_code == 401


async def test_use_is_noted(house: Locked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.api.access.keyring.NOTE_SECONDS", -1.0)
    async with calling(house.app, **bearer(house.viewer)) as api:
        await api.get("/api/v1/session")
    house.keyring.look()
    with house.database.reading() as connection:
        used = connection.execute("SELECT name FROM access_keys WHERE last_used_at IS NOT NULL").fetchall()
    assert used == [("the viewer",)]


async def test_on_loopback_nobody_is_asked_until_there_is_a_key(lock: Callable[..., Any]) -> None:
    with lock(has_keys=False, only_with_keys=True) as house:
        async with calling(house.app) as api:
            for _ in range(3):
                assert (await api.get("/api/v1/posts")).status_code == 200
            who = (await api.get("/api/v1/session")).json()
            assert (who["login_required"], who["role"]) == (False, "admin")
            assert (await api.post("/api/v1/login", json={"key": "x"})).status_code == 409
            made = (await api.post("/api/v1/keys", json={"name": "first", "role": "admin"})).json()
            house.keyring.look()
            house.revoke(made["key"])
            house.keyring.look()
            refused = await api.get("/api/v1/posts")
    assert refused.status_code == 401, "no revocation opens a door"


async def test_while_the_database_is_away_known_keys_hold(house: Locked) -> None:
    class Away:
        def transaction(self) -> Any:
            from groundswell.core.errors import StoreUnavailable

            raise StoreUnavailable

    async with calling(house.app, **bearer(house.viewer)) as api:
        house.keyring._database = Away()  # type: ignore[assignment]
        assert (await api.post("/api/v1/predict", json={"text": "fine"})).status_code == 200
        assert (await api.get("/api/v1/session", headers=bearer("gsk_x"))).json()["name"] is None


def test_the_key_of_a_setting_replaces_the_one_before(database_url: str) -> None:
    clock = SystemClock()
    with closing(Database(database_url)) as database:
        keyring = Keyring(database, clock=clock)
        for token in ("the first of two admin keys", "the second of two admin keys"):
            for _ in range(2):  # each start says it again
                with database.transaction() as connection:
                    access.adopt(connection, token, at=clock.now())
        keyring.look()
        assert keyring.known("the first of two admin keys") is None
        found = keyring.known("the second of two admin keys")
        assert found is not None and found.role == "admin"
        with database.transaction() as connection:
            access.revoke(connection, found.key, by=BY, at=clock.now())
            access.adopt(connection, "the second of two admin keys", at=clock.now())
            assert not access.any_valid(connection, clock.now()), "what was revoked stays so"
            with pytest.raises(BadSettings, match="20 characters"):
                access.adopt(connection, "short", at=clock.now())
