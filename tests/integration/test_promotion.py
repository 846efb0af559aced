"""A promotion reaches whoever reads: the worker's next posts, and requests that name a model by its key alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Journey, raw
from tests.versions import version_folder

from groundswell.analysis.failsafe import SafeModel
from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.analysis.versions import Versions
from groundswell.api.reading import predictor
from groundswell.core.clock import SystemClock
from groundswell.core.errors import StoreUnavailable
from groundswell.models.vault import Vault
from groundswell.observe import Metrics
from groundswell.roles.reading import LOOK_SECONDS

Eventually = Callable[[Callable[[], object], float], None]


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    made = Journey(redis_url, database_url)
    yield made
    made.close()


@pytest.fixture
def versions(journey: Journey, tmp_path: Path) -> Versions:
    """A registry with a second version of `tfidf` beside the shipped one."""
    made = Versions(journey.database, Vault(tmp_path / "models"), SystemClock())
    made.ship()
    made.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    return made


def reader(journey: Journey, tmp_path: Path, model: str) -> Reader:
    rules = ReaderRules(model=model, vault=tmp_path / "models", has_fallbacks=False, seconds=20)
    made = Reader(rules, database=journey.database, clock=SystemClock(), metrics=Metrics())
    made.begin()
    return made


def stored(journey: Journey) -> Counter[str]:
    with journey.database.reading() as connection:
        return Counter(model for (model,) in connection.execute("SELECT model FROM posts").fetchall())


def test_one_look_after_a_promotion_the_worker_stores_what_the_new_version_reads(
    journey: Journey, versions: Versions, tmp_path: Path, eventually: Eventually
) -> None:
    """A worker looks every second (`LOOK_SECONDS`), so that one look is well within two."""
    assert LOOK_SECONDS <= 1.0
    reads = reader(journey, tmp_path, "tfidf")
    with journey.working(model=SafeModel(reads.failsafe)):
        for turn in range(6):
            version = str(1 + turn % 2)
            if turn:
                versions.promote("tfidf", version, by="ada", reason="back and forth")
                reads.look()
            before = stored(journey)
            journey.door.admit([raw(f"{turn}-{number}") for number in range(20)])
            eventually(journey.is_idle, 15)
            assert stored(journey) - before == {f"tfidf@{version}": 20}
    journey.assert_counts_are_true()


async def test_a_model_asked_for_by_its_key_follows_its_promotion(
    journey: Journey, versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = predictor(reader(journey, tmp_path, "vader"), SystemClock())

    async def used(name: str) -> str:
        return (await asked.read(["a lovely day"], name)).model_used

    assert await used("tfidf") == "tfidf@1"
    versions.promote("tfidf", "2", by="ada", reason="newer")
    assert [await used(name) for name in ("tfidf", "tfidf@1", "tfidf")] == ["tfidf@2", "tfidf@1", "tfidf@2"]

    def away() -> None:
        raise StoreUnavailable

    monkeypatch.setattr(journey.database, "reading", away)
    assert await used("tfidf") == "tfidf@2"
