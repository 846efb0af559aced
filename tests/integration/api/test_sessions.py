"""Browsers: they log in with a key, keep a cookie no script reads, and end when the key does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

import httpx
import pytest
from tests.access import Locked, bearer, locked
from tests.api import Limits, calling, listening, served, told
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from groundswell.api.parts import Parts

Lock = Callable[..., AbstractContextManager[Locked]]


@pytest.fixture
def lock(database_url: str, redis_url: str, parts_of: Callable[..., Parts]) -> Lock:
    return lambda **changes: locked(database_url, redis_url, parts_of, **changes)


@pytest.fixture
def house(lock: Lock) -> Iterator[Locked]:
    with lock() as found:
        yield found


HERE = {"Origin": "http://127.0.0.1:8000"}


async def to_the_end(client: ClientConnection) -> None:
    while True:
        await told(client)


async def test_a_browser_logs_in_and_out(house: Locked) -> None:
    async with calling(house.app) as api:
        assert (await api.get("/api/v1/session")).json() == {
            "login_required": True, "name": None, "role": None, "scopes": [], "expires_at": None,
        }  # fmt: skip
        assert (await api.post("/api/v1/login", json={"key": "gsk_wrong"})).status_code == 401
        assert (await api.get("/login")).status_code == 200
        entered = await api.post("/api/v1/login", json={"key": house.annotator}, headers=HERE)
        cookie = entered.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; ")) and "Secure" not in cookie
        assert house.annotator not in cookie and entered.headers["Cache-Control"] == "no-store"
        assert entered.json()["role"] == "annotator"
        assert (await api.get("/api/v1/posts")).status_code == 200
        old = api.cookies.get("groundswell_session")
        assert (await api.post("/api/v1/logout", headers=HERE)).status_code == 204
        stale = await api.get("/api/v1/posts", headers={"Cookie": f"groundswell_session={old}"})
    assert stale.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (HERE, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_a_session_acts_for_our_own_pages_only(
    house: Locked, headers: dict[str, str], status: int
) -> None:
    async with calling(house.app) as api:
        await api.post("/api/v1/login", json={"key": house.viewer}, headers=HERE)
        answer = await api.post("/api/v1/predict", json={"text": "fine"}, headers=headers)
    assert answer.status_code == status


async def test_behind_a_trusted_proxy_with_tls_the_cookie_is_secure(lock: Lock) -> None:

    with lock(settings=Limits(trusted_proxies="127.0.0.0/8")) as house:
        async with calling(house.app, **{"X-Forwarded-Proto": "https"}) as api:
            entered = await api.post("/api/v1/login", json={"key": house.viewer})
    assert "Secure" in entered.headers["Set-Cookie"]


async def test_a_ticket_opens_the_live_feed_once(house: Locked) -> None:
    with served(house.app) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            asked = await api.post("/api/v1/live/ticket", headers=bearer(house.viewer))
        ticket = asked.json()["ticket"]
        async with listening(port, f"ticket={ticket}") as (_, greeting):
            assert greeting["type"] == "connection"
        for again in (ticket, "made-up"):
            with pytest.raises(InvalidStatus) as refused:
                async with listening(port, f"ticket={again}"):
                    pass
            assert refused.value.response.status_code == 401


async def test_a_session_opens_the_live_feed_for_our_own_page_only(house: Locked) -> None:
    with served(house.app) as port:
        here = {"Origin": f"http://127.0.0.1:{port}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            await api.post("/api/v1/login", json={"key": house.viewer}, headers=here)
            cookie = {"Cookie": f"groundswell_session={api.cookies.get('groundswell_session')}"}
        async with listening(port, additional_headers={**cookie, **here}) as (_, greeting):
            assert greeting["type"] == "connection"
        for origin in ({}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "https://evil.example"}):
            with pytest.raises(InvalidStatus) as refused:
                async with listening(port, additional_headers={**cookie, **origin}):
                    pass
            assert refused.value.response.status_code == 403


@pytest.mark.parametrize("way", ["key", "ticket", "session"])
async def test_promise_11_revoking_closes_what_is_open_within_a_second(house: Locked, way: str) -> None:
    with served(house.app) as port:
        here = {"Origin": f"http://127.0.0.1:{port}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            ticket = (await api.post("/api/v1/live/ticket", headers=bearer(house.viewer))).json()["ticket"]
            await api.post("/api/v1/login", json={"key": house.viewer}, headers=here)
            cookie = f"groundswell_session={api.cookies.get('groundswell_session')}"
        query = f"ticket={ticket}" if way == "ticket" else ""
        shown = {"key": bearer(house.viewer), "ticket": {}, "session": {"Cookie": cookie, **here}}[way]
        async with (
            listening(port, additional_headers=bearer(house.admin)) as (other, _),
            listening(port, query, additional_headers=shown) as (client, _),
        ):
            house.revoke(house.viewer)
            started = time.monotonic()
            with pytest.raises(ConnectionClosed) as closed:
                await to_the_end(client)
            took = time.monotonic() - started
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
            assert took < 1.0
            await asyncio.wait_for(await other.ping(), 5)  # nobody else's ends


async def test_a_key_that_expires_ends_its_connection(house: Locked) -> None:
    with served(house.app) as port:
        for seconds in (2.0, 20.0):  # on a busy machine the first may expire before it has opened anything
            _, key = house.make(seconds=seconds)
            house.keyring.look()
            with suppress(InvalidStatus):
                async with listening(port, additional_headers=bearer(key)) as (client, _):
                    await asyncio.wait_for(client.wait_closed(), 60)
                    assert client.close_code == 1008
                    return
    pytest.fail("no key lived long enough to open the feed")


async def test_logins_and_changes_are_in_the_audit_log_for_good(house: Locked) -> None:
    async with calling(house.app, **bearer(house.admin)) as api:
        await api.post("/api/v1/login", json={"key": "gsk_wrong"})
        await api.post("/api/v1/topics", json={"name": "launch", "any": ["launch"]})
        await api.delete("/api/v1/authors/canary-author")
        log = (await api.get("/api/v1/audit?limit=50")).json()["data"]
    seen = {(entry["action"], entry["outcome"]) for entry in log}
    assert {("login", "refused"), ("POST /api/v1/topics", "201")} <= seen
    assert "canary-author" not in str(log)
    made = next(entry for entry in log if entry["action"] == "POST /api/v1/topics")
    assert made["actor_name"] == "the admin" and made["address"] == "127.0.0.1" and made["request_id"]
    for change in ("UPDATE audit SET actor = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with (
            pytest.raises(Exception, match="append-only"),
            house.database.transaction() as connection,
        ):
            connection.execute(change)


async def test_an_old_cookie_keeps_nobody_from_logging_in_and_nobody_fills_the_log(lock: Lock) -> None:
    """A page left open over night asks on; and whoever tries key after key leaves no row for each."""
    old = {"Cookie": "groundswell_session=of-yesterday"}
    with lock(per_address=1000) as house:
        async with calling(house.app) as api:
            tried = [await api.post("/api/v1/login", json={"key": f"wrong-{n}"}) for n in range(25)]
            assert {answer.status_code for answer in tried} == {401, 429}
            assert (await api.get("/api/v1/posts", headers=old)).status_code == 401
            entered = await api.post("/api/v1/login", json={"key": house.viewer}, headers={**old, **HERE})
            assert entered.status_code == 200
            log = (await api.get("/api/v1/audit?limit=100", headers=bearer(house.admin))).json()["data"]
    logins = [(row["actor_name"], row["outcome"]) for row in log if row["action"] == "login"]
    assert logins[0] == ("the viewer", "done")
    assert logins[1:] == [("somebody without a key", "refused")] * [a.status_code for a in tried].count(401)
