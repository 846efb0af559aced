"""The model service is killed under load and comes back: somebody always answers, and in the end no trace is left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.patience import PATIENCE
from tests.services import Service, counted_calls
from tests.system import System, free_port, until

from groundswell.models.service import TRIES

CLIENTS = 8
OPEN_SECONDS = 20.0
"""How long a breaker stays open here: long enough to see that nobody calls, with every process on one busy core."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "service")
    yield made
    made.end()


@contextmanager
def second_api(system: System, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """Another API process of the same installation."""
    port = free_port()
    command = [sys.executable, "-m", "groundswell", "api", "--data-dir", str(system.data_dir)]
    process = subprocess.Popen([*command, "--port", str(port)], env={**os.environ, **environment})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
            until(lambda: http.get("/health").status_code == 200, PATIENCE, "readiness of the second API")
            yield http
    finally:
        process.terminate()
        process.wait(20)


class Load(threading.Thread):
    """A client that asks for predictions and sends posts, and remembers every answer."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self._url, self._number, self.over = url, number, threading.Event()
        self.answers: list[tuple[str, bool]] = []
        self.other: list[object] = []
        self.sent = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as http:
            while not self.over.wait(0.05):
                try:
                    self._ask(http)
                except httpx.HTTPError as error:
                    self.other.append(repr(error))

    def _ask(self, http: httpx.Client) -> None:
        answer = http.post("/predict", json={"text": "This is amazing!"})
        if answer.status_code == 429:  # full for a moment, and said so
            time.sleep(float(answer.headers["Retry-After"]))
        elif answer.status_code == 200:
            self.answers.append((answer.json()["model_used"], answer.json()["fallback_used"]))
        else:
            self.other.append(answer.text)
        post = {"post_id": f"{self._number}-{self.sent}", "source": "load", "content": "This is amazing!"}
        if http.post("/api/v1/posts", json=post).status_code == 202:
            self.sent += 1


@contextmanager
def loaded(url: str) -> Iterator[list[Load]]:
    clients = [Load(url, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.over.set()
        for client in clients:
            client.join(60)


def primary(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/failsafe/status").json()
    return found


def counted(system: System) -> tuple[int, int]:
    """Posts in the trend, and those of a fallback beside it."""
    buckets = system.get("/api/v1/sentiment/timeline", period="minute", hours=1)["data"]
    return sum(one["total"] for one in buckets), sum(one["fallback_count"] for one in buckets)


@pytest.mark.timeout(1800)
def test_killed_under_load_and_restarted(service: Service, tmp_path: Path) -> None:
    service.start()
    environment = {"MODEL_SERVICE_URL": service.url, "FAILSAFE_CIRCUIT_BREAKER_TIMEOUT": str(OPEN_SECONDS)}
    with ExitStack() as stack:
        system = stack.enter_context(
            System(tmp_path / "data", arguments=("--workers", "1"), environment=environment)
        )
        other = stack.enter_context(second_api(system, environment))
        with loaded(system.url) as clients:
            until(lambda: sum(len(one.answers) for one in clients) > 50, PATIENCE, "answers of the service")
            service.stop()
            answer = other.post("/predict", json={"text": "This is amazing!"})
            assert answer.json()["fallback_used"] is True and answer.elapsed.total_seconds() < 1
            until(
                lambda: [len(opened(http)) for http in (system.http, other)] == [3, 3],
                PATIENCE,
                "open breakers",
            )
            assert_told_alike(system, other)
            with counted_calls(service.port) as calls:
                nobody_calls_before_it_is_time(other, calls)
            until(lambda: counted(system)[1] > 0, 30, "fallback readings, counted apart")
            assert system.get("/health")["services"]["model"] == "down"
            service.start()
            until(
                lambda: [opened(http) for http in (system.http, other)] == [[], []], PATIENCE, "the service"
            )
        sent = sum(one.sent for one in clients)
        until(lambda: counted(system) == (sent, 0), PATIENCE, "fallback readings to be replaced")
        ledger = system.run("doctor", "--ledger")
        assert ledger.returncode == 0, ledger.stdout + ledger.stderr
        assert system.get("/health")["services"]["model"] == "up"
    assert [one.other for one in clients] == [[]] * CLIENTS
    said = {answer for one in clients for answer in one.answers}
    assert {name for name, is_fallback in said if not is_fallback} == {"tfidf@1"}
    fallbacks = {name for name, is_fallback in said if is_fallback}
    assert fallbacks and fallbacks <= {"tfidf@1", "vader@1"}  # vader where a busy machine kept tfidf waiting


def opened(http: httpx.Client) -> list[dict[str, Any]]:
    """Ask for a reading, then for the breakers of both APIs and the worker towards the service that are not closed."""
    http.post("/predict", json={"text": "This is amazing!"})
    return [one for one in to_service(http) if one["state"] != "CLOSED"]


def assert_told_alike(system: System, other: httpx.Client) -> None:
    """Both APIs say the same of every process, and so do their metrics and the log."""
    for http in (system.http, other):
        found = primary(http)
        assert found["state"] in {"OPEN", "HALF_OPEN"} and found["activations"] >= 3 and found["retry_at"]
        assert {one["role"] for one in opened(http)} == {"api", "worker"}
        assert all(one["last_failure"] and one["transitions"][0]["after"] == "OPEN" for one in opened(http))
        told = http.get("/api/v1/status").json()["breakers"]
        assert len([one for one in told if one["name"] == "service" and one["state"] != "CLOSED"]) == 3
        assert 'groundswell_breaker_state{backend="service"}' in http.get("/metrics").text
    assert "circuit breaker" in system.log.read_text()


def nobody_calls_before_it_is_time(http: httpx.Client, calls: list[float]) -> None:
    """While every breaker is open nobody calls; then each process tries once, with the retries of one call."""
    assert [one["state"] for one in to_service(http)] == ["OPEN"] * 3
    assert calls == []
    until(lambda: opened(http) and all(map(probes, to_service(http))), PATIENCE, "the probes")
    # a process tells of its probes a moment later
    until(lambda: len(calls) <= TRIES * sum(map(probes, to_service(http))), 30, "no more calls than probes")


def to_service(http: httpx.Client) -> list[dict[str, Any]]:
    return [one for one in primary(http)["processes"] if one["primary"]]


def probes(breaker: dict[str, Any]) -> int:
    return [change["after"] for change in breaker["transitions"]].count("HALF_OPEN")
