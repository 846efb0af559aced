from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import NoReturn

import httpx
import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from tests.api import calling, served

from groundswell.api import errors
from groundswell.api.body import BodyLimit, BodyRules
from groundswell.api.middleware import Doorkeeper, Frame, Meter, host_name
from groundswell.core.clock import SystemClock
from groundswell.observe import Metrics


def make_app(metrics: Metrics, *, own_host: str = "127.0.0.1", allowed: str = "") -> FastAPI:
    app = FastAPI(
        middleware=[
            Middleware(Meter, metrics=metrics, clock=SystemClock()),
            Middleware(Frame),
            Middleware(Doorkeeper, own_host=own_host, allowed_hosts=allowed.split(",")),
        ]
    )
    errors.install(app)

    @app.get("/things/{name}")
    async def thing(name: str) -> str:
        return name

    @app.get("/broken", response_model=None)
    async def broken() -> NoReturn:
        raise RuntimeError("the password is swordfish")

    return app


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


ALLOWED = "listed.example,*.wild.example"
HOSTS = [
    ("127.0.0.1:8000", 200),
    ("localhost:8000", 200),
    ("LOCALHOST", 200),
    ("[::1]:8000", 200),
    ("192.168.1.20:8000", 200),
    ("listed.example", 200),
    ("Listed.Example:8000", 200),
    ("a.wild.example", 200),
    ("wild.example", 403),
    ("notwild.example", 403),
    ("evil.example", 403),
    ("127.0.0.1.evil.example", 403),
    ("localhost.evil.example", 403),
    ("listed.example.evil.example", 403),
    ("", 403),
    ("[::1", 403),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
async def test_only_our_own_hosts_are_answered(metrics: Metrics, host: str, status: int) -> None:
    async with calling(make_app(metrics, allowed=ALLOWED)) as api:
        answer = await api.get("/things/a", headers={"Host": host})
    assert answer.status_code == status


ORIGINS = [
    ("http://127.0.0.1:8000", 200),
    ("http://localhost:5173", 200),
    ("https://listed.example", 200),
    ("https://evil.example", 403),
    ("http://192.168.1.66", 403),
    ("http://127.0.0.1.evil.example", 403),
    ("null", 403),
    ("", 403),
    ("evil", 403),
]


@pytest.mark.parametrize(("origin", "status"), ORIGINS)
async def test_pages_of_strangers_are_refused(metrics: Metrics, origin: str, status: int) -> None:
    async with calling(make_app(metrics, allowed=ALLOWED)) as api:
        answer = await api.get("/things/a", headers={"Origin": origin})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "FORBIDDEN"


async def test_a_page_on_this_machine_may_not_speak_to_a_server_that_is_not_on_loopback(
    metrics: Metrics,
) -> None:
    async with calling(make_app(metrics, own_host="192.168.1.20")) as api:
        answer = await api.get(
            "/things/a", headers={"Host": "192.168.1.20", "Origin": "http://127.0.0.1:3000"}
        )
        own = await api.get("/things/a", headers={"Host": "192.168.1.20", "Origin": "http://192.168.1.20"})
    assert (answer.status_code, own.status_code) == (403, 200)


async def test_two_hosts_are_none(metrics: Metrics) -> None:
    async with calling(make_app(metrics)) as api:
        request = httpx.Request("GET", "http://127.0.0.1/things/a")
        request.headers = httpx.Headers([("Host", "127.0.0.1"), ("Host", "evil.example")])
        assert (await api.send(request)).status_code == 403


def test_a_host_name_is_read_without_its_port() -> None:
    assert [host_name(host) for host in ("A.b:1", "[::1]:80", "a.", "a:b:c", "")] == [
        "a.b",
        "::1",
        "a",
        "a",
        "",
    ]


async def test_a_request_keeps_its_id_where_it_is_harmless(metrics: Metrics) -> None:
    async with calling(make_app(metrics)) as api:
        given = await api.get("/things/a", headers={"X-Request-ID": "order-66"})
        made = await api.get("/things/a", headers={"X-Request-ID": "a\tb" + "c" * 200})
        refused = await api.get("/things/a", headers={"Host": "evil.example", "X-Request-ID": "order-67"})

    assert given.headers["X-Request-ID"] == "order-66" and refused.headers["X-Request-ID"] == "order-67"
    assert len(made.headers["X-Request-ID"]) == 32
    assert given.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_unforeseen_error_shows_nothing_of_itself(metrics: Metrics) -> None:
    async with calling(make_app(metrics)) as api:
        answer = await api.get("/broken")

    assert answer.status_code == 500 and answer.json()["error"]["code"] == "INTERNAL"
    assert "swordfish" not in answer.text and answer.headers["X-Request-ID"]


async def test_requests_are_counted_by_template(metrics: Metrics) -> None:
    async with calling(make_app(metrics)) as api:
        for path in ("/things/a", "/things/b", "/nowhere/1", "/nowhere/2", "/broken"):
            await api.get(path)
        await api.request("BREW", "/nowhere")
        await api.get("/things/a", headers={"Host": "evil.example"})

    def counted(path: str, status: str, method: str = "GET") -> float | None:
        labels = {"method": method, "path": path, "status": status}
        return metrics.registry.get_sample_value("http_requests_total", labels)

    assert counted("/things/{name}", "200") == 2
    assert counted("(none)", "404") == 2 and counted("(none)", "404", "other") == 1
    assert counted("(none)", "403") == 1 and counted("/broken", "500") == 1
    assert metrics.registry.get_sample_value("http_requests_inprogress") == 0
    took = {"method": "GET", "path": "/things/{name}"}
    assert metrics.registry.get_sample_value("http_request_duration_seconds_count", took) == 2


def test_a_client_that_sends_too_much_at_once_reads_why_and_not_a_broken_pipe() -> None:
    app = FastAPI(middleware=[Middleware(Frame), Middleware(BodyLimit, rules=BodyRules(most=2_000_000))])
    body = b"x" * 8_000_000  # more than the buffers of both sides
    with served(app) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        # sends all of it before it reads; kept alive, the server would drain the connection itself
        connection.request("POST", "/things", body, {"Connection": "close"})
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["error"]["code"] == "TOO_LARGE"
        connection.close()
