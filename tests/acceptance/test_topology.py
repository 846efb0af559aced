"""The topology of compose.yaml: each process is stopped and killed under load, and nobody notices or loses a post."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.system import until
from tests.topology import Ended, Topology, nginx_program, topology

pytestmark = [
    pytest.mark.timeout(240),
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


class Client(threading.Thread):
    """Sends posts, asks for predictions and counts, one after the other, and writes down what came back."""

    numbers = itertools.count()

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.seen: list[Request] = []
        self._address, self._over = address, threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._address, timeout=15, trust_env=False) as http:
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
    clients = [Client(system.gateway) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    ended: dict[str, Ended] = {}
    for half in (1, 2):
        before = sum(len(client.seen) for client in clients)
        until(lambda: sum(len(client.seen) for client in clients) > before + 20, 30, "load")  # noqa: B023
        ended |= system.replace(system.of(half), how)
    return [request for client in clients for request in client.end()], ended


def stored(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM posts").fetchone()
    return int((row or (0,))[0])


def counted(system: Topology) -> int:
    """What people see; posts that a fallback read while no model service was there count when read again."""
    address = f"{system.gateway}/api/v1/sentiment/distribution"
    shown = httpx.get(address, params={"hours": 1}, headers={"Cache-Control": "no-cache"}, trust_env=False)
    return int(shown.json()["metadata"]["total"])


def test_nobody_notices_a_stop_and_a_kill_costs_at_most_what_was_in_flight(
    system: Topology, database_url: str
) -> None:
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
        assert httpx.post(f"{system.gateway}/api/v1/posts", json=posts, trust_env=False).status_code == 202
    until(lambda: stored(database_url) == len(ids), 60, "analysis of every post once")

    ledger = system.run("doctor", "--ledger")
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    until(lambda: counted(system) == len(ids), 60, "a reading of every post by the primary")
