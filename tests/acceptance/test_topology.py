"""The topology of compose.yaml: each process is stopped and killed under load, and nobody notices or loses a post."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.access import bearer
from tests.system import until
from tests.topology import Ended, Topology, nginx_program, topology

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(nginx_program() is None, reason="needs Debian's nginx"),
]

NUMBERS = {"model": 2, "api": 2, "worker": 3, "watch": 2}
CLIENTS = 2


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as its client saw it; `ids` are the posts it carried."""

    what: str
    began: float
    ended: float
    status: int | str
    ids: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Anything but what was asked for."""
        return self.status not in {200, 202}

    def was_under_way(self, moments: list[float]) -> bool:
        """Whether it was in flight at one of `moments`."""
        return any(self.began <= moment <= self.ended for moment in moments)


def asking(system: Topology, **more: Any) -> httpx.Client:
    """A client of the gateway that shows the first key."""
    return httpx.Client(base_url=system.gateway, headers=system.key, timeout=15, trust_env=False, **more)


class Client(threading.Thread):
    """Sends posts, asks for predictions and counts, one after the other, and writes down what came back."""

    numbers = itertools.count()

    def __init__(self, system: Topology) -> None:
        super().__init__(daemon=True)
        self.seen: list[Request] = []
        self._system, self._over = system, threading.Event()

    def run(self) -> None:
        with asking(self._system) as http:
            while not self._over.wait(0.05):
                self._posts(http)
                self._ask(http, "POST", "/api/v1/predict", {"text": "what a wonderful morning"})
                self._ask(http, "GET", "/api/v1/sentiment/distribution")

    def end(self) -> list[Request]:
        self._over.set()
        self.join(30)
        assert not self.is_alive()
        return self.seen

    def _posts(self, http: httpx.Client) -> None:
        ids = [str(next(self.numbers)) for _ in range(5)]
        posts = [{"post_id": one, "source": "load", "content": f"post {one} is great"} for one in ids]
        self._ask(http, "POST", "/api/v1/posts", posts, tuple(ids))

    def _ask(
        self, http: httpx.Client, method: str, path: str, body: object = None, ids: tuple[str, ...] = ()
    ) -> None:
        began = time.monotonic()
        try:
            status: int | str = http.request(method, path, json=body).status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        self.seen.append(
            Request(what=f"{method} {path}", began=began, ended=time.monotonic(), status=status, ids=ids)
        )


@pytest.fixture
def system(folder: Path, database_url: str, redis_url: str) -> Iterator[Topology]:
    servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "GROUNDSWELL_MODEL": "tfidf"}
    with topology(folder, servers, numbers=NUMBERS) as found:
        yield found


def under_load(system: Topology, how: signal.Signals) -> tuple[list[Request], dict[str, Ended]]:
    """Replace every process once under load; return what clients saw, and how each process ended."""
    clients = [Client(system) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    ended: dict[str, Ended] = {}
    for half in (1, 2):
        before = sum(len(client.seen) for client in clients)
        until(lambda: sum(len(client.seen) for client in clients) > before + 20, 180, "load")  # noqa: B023
        ended |= system.replace(system.of(half), how)
    return [request for client in clients for request in client.end()], ended


def stored(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM posts").fetchone()
    return int((row or (0,))[0])


def counted(system: Topology) -> int:
    """What people see; posts that a fallback read while no model service was there count when read again."""
    with asking(system) as http:
        shown = http.get(
            "/api/v1/sentiment/distribution", params={"hours": 1}, headers={"Cache-Control": "no-cache"}
        )
    return int(shown.json()["metadata"]["total"])


def answer(port: int, path: str, **headers: str) -> int:
    """Ask one process past the gateway."""
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False).status_code


def nobody_comes_in_without_a_key(system: Topology) -> None:
    """Each door of compose.yaml asks for the secret made for it, and believes the gateway who asks."""
    metrics, service = bearer(system.secret("metrics_token")), bearer(system.secret("model_service_key"))
    for name, process in system.processes.items():
        assert [answer(process.metrics_port, path) for path in ("/metrics", "/health")] == [401, 200], name
        assert answer(process.metrics_port, "/metrics", **metrics) == 200, name
    api, model = system.processes["api-1"].port, system.processes["model-1"].port
    for port in (api, model):
        assert [answer(port, path) for path in ("/health/live", "/health", "/metrics")] == [200, 200, 401]
    assert answer(model, "/models") == answer(model, "/models", **system.key) == 401
    assert answer(model, "/models", **service, Host="gateway:8081") == 200
    assert answer(model, "/models", **service, Host="elsewhere:8081") == 403
    assert answer(api, "/api/v1/posts", **service) == 401
    assert answer(api, "/api/v1/posts", **system.key, Host="localhost:8000") == 200
    assert answer(api, "/api/v1/posts", **system.key, Host="elsewhere") == 403

    stranger = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=system.gateway, transport=stranger, trust_env=False) as http:
        assert http.get("/api/v1/posts").status_code == 401
        assert http.get("/health").status_code == 200
        forged = {"X-Forwarded-For": "192.0.2.1"}
        made = http.post("/api/v1/keys", json={"name": "screen"}, headers={**system.key, **forged})
        assert made.status_code == 201
        noted = http.get("/api/v1/audit", headers=system.key).json()["data"]
    assert "127.0.0.9" in {entry["address"] for entry in noted}


def test_nobody_notices_a_stop_and_a_kill_costs_at_most_what_was_in_flight(
    system: Topology, database_url: str
) -> None:
    nobody_comes_in_without_a_key(system)

    polite, ended = under_load(system, signal.SIGTERM)
    assert sorted(ended) == sorted(system.processes)
    assert {found.code for found in ended.values()} == {0}, ended
    assert [request for request in polite if request.failed] == []

    rude, ended = under_load(system, signal.SIGKILL)
    moments = [found.at for found in ended.values()]
    failed = [request for request in rude if request.failed]
    assert all(request.was_under_way(moments) for request in failed), failed
    assert len(failed) <= CLIENTS * len(moments)

    ids = sorted({one for request in (*polite, *rude) for one in request.ids})
    again = [request.ids for request in rude if request.ids][-3:] + [
        request.ids for request in failed if request.ids
    ]
    for batch in again:
        posts = [{"post_id": one, "source": "load", "content": f"post {one} is great"} for one in batch]
        with asking(system) as http:
            assert http.post("/api/v1/posts", json=posts).status_code == 202
    until(lambda: stored(database_url) == len(ids), 60, "analysis of every post once")

    ledger = system.run("doctor", "--ledger")
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    until(lambda: counted(system) == len(ids), 60, "a reading of every post by the primary")
