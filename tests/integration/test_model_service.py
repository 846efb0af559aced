"""The model service in a process of its own: killed under load, the next one answers; restarted, it is found again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api import Limits, calling, make_parts
from tests.services import Service
from tests.system import until

from groundswell.analysis.breaker import BreakerRules
from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.observe import Metrics
from groundswell.store import presence
from groundswell.store.database import Database

Eventually = Callable[[Callable[[], object], float], None]
OPEN_SECONDS = 1.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "empty")
    made.start()
    yield made
    made.end()


def reader_for(service: Service, database: Database | None = None) -> Reader:
    rules = ReaderRules(
        service_url=service.url,
        vault=Path("nowhere"),
        seconds=0.8,
        calls=4,
        breaker=BreakerRules(open_seconds=OPEN_SECONDS),
    )
    reader = Reader(rules, database=database, clock=SystemClock(), metrics=Metrics())
    reader.begin()
    return reader


def test_it_serves_the_model_endpoints_alone_and_ends_in_order(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as http:
        one = http.post("/predict", json={"text": "This is amazing!"}).json()
        many = http.post("/predict/batch", json={"texts": ["good", "", "bad"]}).json()
        models = http.get("/models").json()["data"]
        health, metrics = http.get("/health").json(), http.get("/metrics").text
        gone = http.get("/api/v1/posts").status_code
    assert (one["sentiment"], one["model_used"], one["fallback_used"]) == ("positive", "tfidf@1", False)
    assert many["batch_size"] == 3 and many["results"][1]["index"] == 1
    assert {model["name"] for model in models} >= {"tfidf", "vader"}
    assert next(model for model in models if model["name"] == "tfidf")["loaded"] is True
    assert (health["status"], health["model"], gone) == ("healthy", "tfidf@1", 404)
    assert "groundswell_predictions_total" in metrics
    assert service.stop(signal.SIGTERM) == 0


async def test_killed_under_load_the_next_answer_is_a_fallbacks_within_a_second(
    service: Service, redis_url: str, database_url: str
) -> None:
    database = Database(database_url)
    reader = reader_for(service, database)
    parts = make_parts(redis_url, database=database, settings=Limits(), reader=reader, process="host:api")
    other = make_parts(redis_url, database=database, process="host:other")
    try:
        await _killed(service, reader, parts, other)
    finally:
        for made in (parts, other):
            made.redis.close()
        database.close()
        reader.close()


async def _killed(service: Service, reader: Reader, parts: Parts, other: Parts) -> None:
    stop, seen = threading.Event(), list[tuple[str, bool]]()
    assert reader.failsafe.primary.patience.of(1, 8) < 1  # nobody waits longer, whatever the machine does

    def load() -> None:
        while not stop.is_set():
            (reading,) = reader.failsafe.read(["This is amazing!"]).readings
            seen.append((reading.model_used, reading.fallback_used))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: seen.count(("tfidf@1", False)) > 50, 60)
        service.stop()
        async with calling(create_app(parts)) as api:
            answer = (await api.post("/api/v1/predict", json={"text": "This is amazing!"})).json()
            assert answer["fallback_used"] is True
            until(lambda: reader.failsafe.primary.breaker.status().state == "OPEN", 60)
            await _seen_from_another(parts, other)
            service.start()
            until(lambda: reader.failsafe.primary.breaker.status().state == "CLOSED", 60)
            until(lambda: seen[-1] == ("tfidf@1", False), 60)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert {name for name, is_fallback in seen if not is_fallback} == {"tfidf@1"}
    fallbacks = {name for name, is_fallback in seen if is_fallback}
    assert fallbacks and fallbacks <= {"tfidf@1", "vader@1"}  # vader where a busy machine kept tfidf waiting


async def _seen_from_another(parts: Parts, other: Parts) -> None:
    """Any API process says what stands in this one."""
    me = presence.Process(
        id="host:api",
        role="api",
        host="host",
        pid=1,
        version="1",
        started_at=parts.started_at,
        state=parts.reader.state(),
    )
    with parts.database.transaction() as connection:
        presence.beat(connection, me, parts.clock.now())
    async with calling(create_app(other)) as api:
        found: dict[str, Any] = (await api.get("/failsafe/status")).json()
        status = (await api.get("/api/v1/status")).json()
    assert found["state"] in {"OPEN", "HALF_OPEN"} and found["activations"] >= 1 and found["retry_at"]
    assert found["failure_threshold"] == 3 and found["complete"] is True
    assert found["backends"]["service"]["state"] in {"OPEN", "HALF_OPEN"}
    (row,) = [one for one in found["processes"] if one["process"] == "host:api" and one["primary"]]
    assert row["transitions"][0]["after"] == "OPEN" and row["last_failure"]
    assert {one["process"] for one in status["breakers"]} == {"host:api", "host:other"}


def test_a_service_that_hangs_costs_a_caller_less_than_a_second(service: Service) -> None:
    assert service.process is not None
    with closing(reader_for(service)) as reader:
        until(lambda: not reader.failsafe.read(["fine"]).is_fallback, 60)
        service.process.send_signal(signal.SIGSTOP)
        try:
            assert reader.failsafe.read(["fine"]).is_fallback  # while the service stands still
            assert "no answer in time" in reader.failsafe.primary.breaker.status().last_failure
        finally:
            service.process.send_signal(signal.SIGCONT)
        assert reader.failsafe.primary.patience.of(1, 8) < 1  # nobody waits longer, whatever the machine does
        until(lambda: not reader.failsafe.read(["fine"]).is_fallback, 60)


async def test_a_reset_closes_the_breaker_and_is_counted(redis_url: str, database_url: str) -> None:
    database = Database(database_url)
    parts = make_parts(redis_url, database=database, model=None, process="host:api")
    breaker = parts.reader.failsafe.primary.breaker
    for _ in range(3):
        call = breaker.allow()
        assert call is not None
        call.failed("no answer")
    try:
        async with calling(create_app(parts)) as api:
            assert (await api.get("/api/v1/failsafe")).json()["state"] == "OPEN"
            answers = [await api.post(path) for path in ("/failsafe/reset", "/api/v1/failsafe/reset")]
            assert [answer.json()["generation"] for answer in answers] == [1, 2]
            found = (await api.get("/failsafe/status")).json()
            assert (found["state"], found["failure_count"], found["generation"]) == ("CLOSED", 0, 2)
    finally:
        parts.redis.close()
        database.close()


async def test_without_a_database_a_process_speaks_for_itself(redis_url: str) -> None:
    parts = make_parts(redis_url, process="host:api")
    try:
        async with calling(create_app(parts)) as api:
            found = (await api.get("/failsafe/status")).json()
            assert (found["state"], found["complete"], found["fallback_headlines"]) == ("CLOSED", False, None)
            assert (await api.post("/failsafe/reset")).status_code == 503
    finally:
        parts.redis.close()
