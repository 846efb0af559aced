"""The LLM in the chain and by name: behind the model, before TF-IDF, and out of the way once it is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.api import calling, make_parts
from tests.chains import Puppet
from tests.llm_server import Provider, provider

from groundswell.analysis.breaker import BreakerRules
from groundswell.analysis.llm import LlmLimits, LlmRules, llm_rules
from groundswell.analysis.predictor import Predictor
from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.api.app import create_app
from groundswell.core.clock import SystemClock
from groundswell.core.errors import ModelUnavailable
from groundswell.observe import Metrics
from groundswell.store.database import Database

Eventually = Callable[..., None]


@pytest.fixture
def served() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def readers() -> Iterator[Callable[..., Reader]]:
    made: list[Reader] = []

    def make(
        served: Provider, *, database: Database | None = None, open_seconds: float = 60, **changes: Any
    ) -> Reader:
        found = llm_rules("groq", base_url=f"{served.url}/v1", model="tiny", key="k")
        assert isinstance(found, LlmRules)
        rules = ReaderRules(
            vault=Path("nowhere"),
            seconds=20,
            llm=replace(found, **{"limits": LlmLimits(seconds=5), **changes}),
            breaker=BreakerRules(open_seconds=open_seconds),
        )
        reader = Reader(rules, database=database, clock=SystemClock(), metrics=Metrics())
        reader.current.model = Puppet("minilm@1", "dead")
        made.append(reader)
        return reader

    yield make
    for reader in made:
        reader.close()


def used(reader: Reader, text: str = "What a great day") -> str:
    answered = reader.failsafe.read([text])
    assert answered.is_fallback and answered.readings[0].fallback_used
    return answered.model.info.key


def state(reader: Reader) -> str:
    assert reader.llm
    return reader.llm.backend.breaker.status().state


def test_it_answers_when_the_model_cannot(served: Provider, readers: Callable[..., Reader]) -> None:
    reader = readers(served)
    assert [one.name for one in reader.failsafe.backends] == ["local", "llm", "tfidf", "vader"]
    answered = reader.failsafe.read(["Amazing! mail me@example.org"])
    assert answered.readings[0].model_used == "llm@groq-tiny" and answered.readings[0].fallback_used
    assert "me@example.org" not in str(served.seen) and "[email]" in str(served.seen)
    reader.current.model = Puppet("minilm@1")
    assert not reader.failsafe.read(["a"]).is_fallback and len(served.seen) == 1


def test_a_dead_provider_is_not_asked_after_three_failures(
    served: Provider, readers: Callable[..., Reader]
) -> None:
    served.hangs = True
    reader = readers(served, limits=LlmLimits(seconds=0.2))
    predictor = Predictor(reader.failsafe, clock=SystemClock(), load=reader.load)
    assert [used(reader) for _ in range(3)] == ["tfidf"] * 3
    assert state(reader) == "OPEN" and len(served.seen) == 3
    for _ in range(20):
        assert used(reader) == "tfidf"
        with pytest.raises(ModelUnavailable):
            asyncio.run(predictor.read(["a"], "llm"))
    assert len(served.seen) == 3  # nobody waited for it: it was not asked


def test_nobody_waits_for_the_probe(
    served: Provider, readers: Callable[..., Reader], eventually: Eventually
) -> None:
    reader = readers(served, open_seconds=0.01)
    served.statuses = [500, 500, 500]
    for _ in range(3):
        used(reader)
    assert state(reader) == "OPEN"
    served.hangs = True
    eventually(lambda: used(reader) == "tfidf" and len(served.seen) == 4, 10)  # the probe is out and hangs
    assert used(reader) == "tfidf"  # others go on beside it
    served.hangs = False
    served.release.set()
    eventually(lambda: state(reader) == "CLOSED", 10)
    assert used(reader) == "llm"


def test_refusals_limits_and_backlogs_do_not_open_the_breaker(
    served: Provider, readers: Callable[..., Reader]
) -> None:
    served.refuses = True
    reader = readers(served, tokens_per_hour=2_000)
    assert {used(reader) for _ in range(4)} == {"tfidf"} and state(reader) == "CLOSED"
    asked = len(served.seen)
    assert reader.failsafe.read(["a"] * 40).model.info.key == "tfidf"
    assert len(served.seen) == asked
    served.refuses = False
    found = [used(reader) for _ in range(20)]
    turn = found.index("tfidf")  # the hour's tokens are used up here
    assert 5 <= turn < 20 and set(found[turn:]) == {"tfidf"} and state(reader) == "CLOSED"


def test_dollars_are_counted_by_the_prices(served: Provider, readers: Callable[..., Reader]) -> None:
    reader = readers(served, prices=(1_000.0, 10_000.0), cost_per_hour=1.3)
    assert used(reader) == "llm" and used(reader) == "tfidf"
    assert reader.llm
    hour = reader.llm.purse.hour()
    assert hour.cost == pytest.approx(0.12 + 0.12) and (hour.calls, hour.tokens_in, hour.tokens_out) == (
        1,
        120,
        12,
    )
    assert reader.state()["llm"] == {
        "model": "llm@groq-tiny", "calls": 1, "failures": 0, "tokens_in": 120, "tokens_out": 12, "cost": hour.cost,
    }  # fmt: skip


def test_processes_share_one_purse(
    served: Provider, readers: Callable[..., Reader], database_url: str
) -> None:
    database = Database(database_url)
    one = readers(served, database=database, tokens_per_hour=700)
    assert used(one) == "llm" and used(one) == "llm"
    other = readers(served, database=database, tokens_per_hour=450)
    assert used(other) == "tfidf"
    assert other.llm and other.llm.purse.hour().calls == 2
    database.close()


async def test_by_name_over_http_and_its_usage(
    served: Provider, readers: Callable[..., Reader], redis_url: str, database_url: str
) -> None:
    database = Database(database_url)
    reader = readers(served, database=database)
    reader.current.model = Puppet("minilm@1")
    parts = make_parts(redis_url, database=database, reader=reader)
    async with calling(create_app(parts)) as api:
        for name in ("llm", "groq", "llm@groq-tiny"):
            answer = (await api.post("/predict", json={"text": "Amazing!", "model": name})).json()
            assert (answer["model_used"], answer["fallback_used"]) == ("llm@groq-tiny", False)
            assert answer["emotions"] is None
        shown = (await api.get("/models/llm")).json()
        assert (
            shown["usage"]["calls"] == 3 and shown["usage"]["tokens_in"] == 360 and shown["origin"] == "llm"
        )
        served.statuses = [500]
        failed = await api.post("/predict", json={"text": "Amazing!", "model": "llm"})
        assert failed.status_code == 503 and failed.headers["Retry-After"]
    parts.redis.close()
    database.close()
