"""Limits: of requests, of bodies, and what every answer carries."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable

import httpx
import pytest
from tests.access import bearer, locked
from tests.api import Limits, calling, served

from groundswell.api.access.peers import Peers
from groundswell.api.app import create_app
from groundswell.api.body import deeper_than
from groundswell.api.parts import Parts
from groundswell.core.errors import BadSettings


async def test_each_key_and_each_address_has_its_limit(
    database_url: str, redis_url: str, parts_of: Callable[..., Parts]
) -> None:
    with (
        locked(database_url, redis_url, parts_of, per_key=3, per_address=2) as house,
        served(house.app) as port,
    ):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            mine = [await api.get("/api/v1/session", headers=bearer(house.viewer)) for _ in range(4)]
            assert [answer.status_code for answer in mine] == [200, 200, 200, 429]
            assert [answer.headers["RateLimit-Remaining"] for answer in mine] == ["2", "1", "0", "0"]
            assert mine[-1].json()["error"]["code"] == "RATE_LIMITED"
            assert 0 < int(mine[-1].headers["Retry-After"]) <= 60
            other = await api.get("/api/v1/session", headers=bearer(house.admin))
            assert other.status_code == 200 and other.headers["RateLimit-Limit"] == "3"
            strangers = []
            for number in range(4):  # a made-up origin of the request does not change what is counted
                made_up = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
                strangers.append((await api.get("/api/v1/posts", headers=made_up)).status_code)
            assert strangers == [401, 401, 429, 429]
            assert [(await api.get("/health/live")).status_code for _ in range(5)] == [200] * 5


async def test_without_valkey_each_process_counts_by_itself(
    database_url: str, parts_of: Callable[..., Parts]
) -> None:
    with (
        locked(database_url, "unix:///nowhere.sock", parts_of, per_key=1) as house,
        served(house.app) as port,
    ):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as api:
            found = [await api.get("/api/v1/session", headers=bearer(house.viewer)) for _ in range(2)]
    assert [answer.status_code for answer in found] == [200, 429]


FORWARDED = [
    ("", "127.0.0.1", "203.0.113.7", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1", "203.0.113.7", "203.0.113.7"),
    ("127.0.0.1", "127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
    ("127.0.0.1,10.0.0.0/8", "127.0.0.1", "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
    ("127.0.0.1", "192.0.2.1", "203.0.113.7", "192.0.2.1"),
    ("127.0.0.1", "127.0.0.1", "junk", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1", "198.51.100.1, junk", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
    ("127.0.0.1", "::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
    ("127.0.0.1", "127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
]


@pytest.mark.parametrize(("trusted", "client", "forwarded", "address"), FORWARDED)
def test_only_listed_proxies_are_believed(trusted: str, client: str, forwarded: str, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode()), (b"x-forwarded-proto", b"https")]
    peer = Peers(trusted).of({"type": "http", "client": (client, 1), "headers": headers, "scheme": "http"})
    assert peer.address == address
    assert peer.is_encrypted == (bool(trusted) and client != "192.0.2.1")


def test_a_wrong_list_of_proxies_is_refused() -> None:
    with pytest.raises(BadSettings, match="GROUNDSWELL_TRUSTED_PROXIES"):
        Peers("everyone")


# -- bodies --------------------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b'{"text":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_one_level_over_is_too_deep_and_no_bomb_takes_long() -> None:
    assert not deeper_than(nested(64), 64) and deeper_than(nested(65), 64)
    assert deeper_than(b'[{"a":' * 40 + b"1" + b"}]" * 40, 64)
    assert not deeper_than(b"[" + b",".join([b"[{}]"] * 50_000) + b"]", 64)
    assert not deeper_than(json.dumps(["[" * 1000, '\\"{{' * 100] * 100).encode(), 64)
    assert deeper_than(b"[" * 2_000_000, 64) and deeper_than(b'{"a":' * 300_000, 64)
    assert not deeper_than(b'"' + b'\\"[' * 600_000, 64)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (nested(10_000), {}, 413, "TOO_LARGE"),
        (nested(4_000), {}, 400, "INVALID_JSON"),
        (b"[" * 9_000, {}, 400, "INVALID_JSON"),
        (b'{"text":' + b"9" * 5_000 + b"}", {}, 400, "INVALID_JSON"),
        (gzip.compress(b"0" * 5_000_000), {"Content-Encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"x", {"Content-Encoding": "zstd, gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
    ids=["large", "deep", "unclosed", "long number", "packed", "packed-twice"],
)
async def test_bombs_are_refused_unopened(
    parts: Parts, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    async with calling(create_app(parts), **{"Content-Type": "application/json", **headers}) as api:
        for path in ("/api/v1/predict", "/api/v1/posts"):
            answer = await api.post(path, content=content)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("is_declared", [True, False])
async def test_one_byte_over_is_too_large(parts: Parts, is_declared: bool) -> None:
    most = Limits.max_body_bytes
    async with calling(create_app(parts), **{"Content-Type": "application/json"}) as api:
        for size, status in ((most, 400), (most + 1, 413)):  # 400: the text is longer than 100 characters
            body = b'{"text":"' + b"x" * (size - 11) + b'"}'

            async def pieces(body: bytes = body):  # type: ignore[no-untyped-def]  # noqa: ANN202
                yield body[:5000]
                yield body[5000:]

            answer = await api.post("/api/v1/predict", content=body if is_declared else pieces())
            assert answer.status_code == status


async def test_one_character_and_one_text_over(parts: Parts) -> None:
    async with calling(create_app(parts)) as api:
        for number, status in ((100, 200), (101, 400)):
            assert (await api.post("/api/v1/predict", json={"text": "x" * number})).status_code == status
        for number, status in ((5, 200), (6, 400)):
            batch = {"texts": ["fine"] * number}
            assert (await api.post("/api/v1/predict/batch", json=batch)).status_code == status


def test_a_body_that_trickles_is_cut_off(parts_of: Callable[..., Parts]) -> None:
    parts = parts_of(settings=Limits(body_seconds=0.2))
    with served(create_app(parts)) as port, socket.create_connection(("127.0.0.1", port), 20) as slow:
        slow.sendall(
            b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"te'
        )
        assert b" 408 " in slow.recv(4096).split(b"\r\n")[0]


# -- headers -------------------------------------------------------------------------------------------------

EVERY_ANSWER = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
OTHERS = {"content-length", "content-type", "x-request-id", "vary", "etag", "cache-control", "retry-after"}


@pytest.mark.parametrize(
    ("path", "accept", "policy"),
    [
        ("/", "text/html", "script-src 'self'"),
        ("/login", "text/html", "script-src 'self'"),
        ("/docs", "text/html", "script-src 'self'"),
        ("/", "*/*", None),
        ("/api/v1/posts", "*/*", None),
        ("/nowhere", "*/*", None),
        ("/health/live", "*/*", None),
        ("/api/v1/predict", "*/*", None),
    ],
)
async def test_every_answer_carries_these_headers(
    parts: Parts, path: str, accept: str, policy: str | None
) -> None:
    async with calling(create_app(parts), Accept=accept) as api:
        found = dict((await api.get(path)).headers)
    given = found.pop("content-security-policy")
    expected = dict(EVERY_ANSWER)
    if policy is None:
        assert given == expected["content-security-policy"]
    else:
        assert policy in given and "default-src 'none'" in given and "frame-ancestors 'none'" in given
        assert "script-src 'self' 'unsafe-inline'" not in given
    del expected["content-security-policy"]
    assert {
        name: value for name, value in found.items() if name not in OTHERS and name != "allow"
    } == expected


async def test_pages_of_listed_origins_alone_may_ask(parts_of: Callable[..., Parts]) -> None:
    app = create_app(parts_of(settings=Limits(cors_origins="https://app.example")))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with calling(app) as api:
        allowed = await api.options("/api/v1/predict", headers={"Origin": "https://app.example", **asked})
        answered = await api.get("/api/v1/session", headers={"Origin": "https://app.example"})
        evil = await api.options("/api/v1/predict", headers={"Origin": "https://evil.example", **asked})
        plain = await api.get("/api/v1/session")
    assert allowed.status_code == 200
    assert answered.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert evil.status_code == 403 and "Access-Control-Allow-Origin" not in evil.headers
    assert "Access-Control-Allow-Origin" not in plain.headers


async def test_shared_caches_keep_nothing_that_a_key_opened(
    database_url: str, redis_url: str, parts_of: Callable[..., Parts]
) -> None:
    with locked(database_url, redis_url, parts_of) as house:
        async with calling(house.app, **bearer(house.viewer)) as api:
            view = await api.get("/api/v1/sentiment/distribution")
            listing = await api.get("/api/v1/posts")
    assert view.headers["Cache-Control"].startswith("private, ")
    assert listing.headers["Cache-Control"] == "no-store"
