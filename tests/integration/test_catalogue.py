"""Models of the catalogue: asked for, fetched by a job, and answering by their names; before that, how to get them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from procrastinate.exceptions import JobAborted
from tests.api import calling, make_parts
from tests.hub.server import ONNX, Standin, reference, standin
from typer.testing import CliRunner

from groundswell import jobs
from groundswell.analysis import fetch
from groundswell.analysis.fetch import Fetcher, read_catalogue
from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.analysis.versions import Versions
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.cli.models import app as command
from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSettings, InvalidInput, UnknownModel
from groundswell.models.vault import Vault
from groundswell.observe import Metrics
from groundswell.store import downloads
from groundswell.store.database import Database

CATALOGUE = read_catalogue()
TWITTER, EMOTION = CATALOGUE.get("twitter-roberta"), CATALOGUE.get("emotion-distilroberta")
Eventually = Callable[..., None]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def served() -> Iterator[Standin]:
    with standin() as found:
        found.serve(TWITTER.hub, "sentiment")
        found.serve(EMOTION.hub, "emotion")
        yield found


@pytest.fixture
def fetcher(database: Database, served: Standin, tmp_path: Path) -> Fetcher:
    clock = SystemClock()
    versions = Versions(database, Vault(tmp_path / "models"), clock)
    versions.ship()
    hub = fetch.hub_of(clock, endpoint=served.url, token="", allow="")
    # the command below has a first run in a process of its own, here the second in this one is enough
    return Fetcher(
        catalogue=CATALOGUE, hub=hub, versions=versions, folder=tmp_path / "coming", trial=lambda _: None
    )


def reader_of(database: Database, tmp_path: Path, model: str = "vader") -> Reader:
    rules = ReaderRules(model=model, vault=tmp_path / "models", seconds=20)
    return Reader(rules, database=database, clock=SystemClock(), metrics=Metrics())


@pytest.fixture
def served_by(redis_url: str) -> Iterator[Callable[..., Parts]]:
    """Make parts of an API, and close their connections at the end."""
    made: list[Parts] = []

    def make(**changes: Any) -> Parts:
        made.append(make_parts(redis_url, **changes))
        return made[-1]

    yield make
    for parts in made:
        parts.redis.close()


@contextmanager
def working(database_url: str, fetcher: Fetcher) -> Iterator[None]:
    """Run jobs as the watcher does."""
    fetch.declare(fetcher, SystemClock())
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(jobs.run_worker(database_url, stop)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


async def test_over_http_from_nothing_to_an_answer(
    served_by: Callable[..., Parts],
    database_url: str,
    database: Database,
    fetcher: Fetcher,
    tmp_path: Path,
    eventually: Eventually,
) -> None:
    parts = served_by(database=database, reader=reader_of(database, tmp_path))
    asked = {"text": "Amazing! 😍", "model": "twitter-roberta"}
    async with calling(create_app(parts)) as api:
        before = await api.post("/predict", json=asked)
        assert before.status_code == 400
        says = before.json()["error"]["message"]
        assert "groundswell models pull twitter-roberta" in says and "POST /models/download" in says
        begun = await api.post("/models/download", json={"model": "cardiffnlp"})
        assert (begun.status_code, begun.json()["status"]) == (202, "queued")
        assert "being fetched" in (await api.post("/predict", json=asked)).json()["error"]["message"]
        again = await api.post("/api/v1/models/download", json={"model": "twitter-roberta"})
        assert again.json()["download"]["requested_at"] == begun.json()["download"]["requested_at"]

        def is_done() -> bool:
            return parts.reader.downloads()["twitter-roberta"].status == "completed"

        with working(database_url, fetcher):
            await asyncio.to_thread(eventually, is_done, 30)
        answer = (await api.post("/predict", json=asked)).json()
        expected = reference("sentiment")[0]["probabilities"]
        assert list(answer["scores"].values()) == pytest.approx(expected, abs=1e-3)
        assert answer["sentiment"] == "positive" and answer["model"] == "twitter-roberta"
        assert not answer["fallback_used"] and answer["emotions"] is None
        shown = (await api.get("/models/twitter-roberta")).json()
        assert shown["here"] and shown["download"]["progress"] == 1 and shown["stage"] == "production"
        assert shown["revision"] == shown["history"][-1]["reason"].rpartition(" ")[2]
        ready = await api.post("/models/download", json={"model": "twitter-roberta"})
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_the_list_is_honest(
    served_by: Callable[..., Parts], database: Database, tmp_path: Path
) -> None:
    parts = served_by(database=database, reader=reader_of(database, tmp_path))
    assert parts.reader.versions
    parts.reader.versions.ship()
    async with calling(create_app(parts)) as api:
        listed = (await api.get("/api/v1/models")).json()["data"]
    found = {one["name"]: one for one in listed}
    assert found.keys() >= set(CATALOGUE.entries) and "null" not in found
    distilbert = found["distilbert"]
    assert (
        distilbert["labels"] == ["negative", "positive"]
        and "never answers neutral" in distilbert["description"]
    )
    assert not distilbert["here"] and "pull distilbert" in distilbert["how_to_get"]
    assert distilbert["accuracy"] is None and distilbert["stage"] is None and not distilbert["loaded"]
    assert all(one["by"] and one["on"] for model in listed for one in model["measured"])
    assert found["twitter-roberta"]["measured"] == []  # its authors publish none
    assert found["minilm"]["here"] and found["minilm"]["how_to_get"] == "" and found["minilm"]["measured"]


def test_a_pair_answers_both_tasks(fetcher: Fetcher, database: Database, tmp_path: Path) -> None:
    for name in ("twitter-roberta", "emotion"):
        fetcher.pull(name, by="ada")
    reader = reader_of(database, tmp_path)
    model = reader.load("cardiffnlp+emotion")
    (reading,) = model.read(["I am scared of the dark"])
    emotions = next(one for one in reference("emotion") if one["text"] == "I am scared of the dark")
    assert reading.emotions == pytest.approx(emotions["probabilities"], abs=1e-3)
    assert reading.emotion == "fear" and reading.model_used == model.info.name
    assert model.info.has_emotions and model.info.key == "twitter-roberta+emotion-distilroberta"
    with pytest.raises(InvalidInput, match="emotions only"):
        reader.load("emotion-distilroberta").read(["a"])
    with pytest.raises(InvalidInput, match="reads no emotions"):
        reader.load("emotion+twitter-roberta")
    with pytest.raises(BadSettings, match="emotions only"):
        reader_of(database, tmp_path, model="emotion")


def test_the_same_again_is_nothing_new_and_a_second_revision_waits(fetcher: Fetcher, served: Standin) -> None:
    first = fetcher.pull("twitter-roberta", by="ada")
    assert first.stage == "production" and fetcher.pull("twitter-roberta", by="ada").name == first.name
    config = json.loads(served.models[TWITTER.hub]["config.json"]) | {"changed": True}
    served.models[TWITTER.hub]["config.json"] = json.dumps(config).encode()
    second = fetcher.pull("twitter-roberta", by="ada")
    assert second.stage == "candidate" and second.name != first.name
    assert not list(fetcher.folder.iterdir())  # nothing half done is left


def test_a_pair_follows_the_pointers_of_both(
    fetcher: Fetcher, served: Standin, database: Database, tmp_path: Path
) -> None:
    reader = reader_of(database, tmp_path, model="cardiffnlp+emotion")
    reader.look()
    assert reader.state()["model"] is None and reader.failsafe.read(["What a great day"]).is_fallback
    for name in ("twitter-roberta", "emotion"):
        fetcher.pull(name, by="ada")
    reader.look()
    first = reader.failsafe.read(["I am scared of the dark"]).readings[0]
    assert not first.fallback_used and first.emotion == "fear" and reader.state()["refused"] == []
    config = json.loads(served.models[TWITTER.hub]["config.json"]) | {"changed": True}
    served.models[TWITTER.hub]["config.json"] = json.dumps(config).encode()
    second = fetcher.pull("twitter-roberta", by="ada")
    fetcher.versions.promote("twitter-roberta", second.version, by="ada", reason="newer")
    before = reader.current.model
    reader.look()
    after = reader.current.model
    assert after is not None and after is not before
    assert second.version in after.info.version
    reader.look()
    assert reader.current.model is after


def test_a_model_to_preload_is_fetched_while_fallbacks_answer(
    fetcher: Fetcher, database: Database, database_url: str, tmp_path: Path, eventually: Eventually
) -> None:
    reader = reader_of(database, tmp_path, model="twitter-roberta")
    reader.look()
    answered = reader.failsafe.read(["What a great day"])
    assert answered.is_fallback and answered.model.info.key == "tfidf"
    clock = SystemClock()
    for _ in range(2):
        fetch.preload(database, CATALOGUE, fetcher.versions, "twitter-roberta", clock)
    with working(database_url, fetcher):
        eventually(lambda: reader.downloads()["twitter-roberta"].status == "completed", 30)
    reader.look()
    answered = reader.failsafe.read(["What a great day"])
    assert not answered.is_fallback and answered.readings[0].model_used.startswith("twitter-roberta@")


def test_what_fails_for_good_is_not_tried_again_and_says_why(
    fetcher: Fetcher, served: Standin, database: Database, tmp_path: Path
) -> None:
    body = served.models[TWITTER.hub][ONNX]
    served.wrong[ONNX] = body[:-1] + b"?"
    clock, work = SystemClock(), jobs.Work(database=database, stopping=lambda: False)
    fetch.preload(database, CATALOGUE, fetcher.versions, "twitter-roberta", clock)
    fetch.pull(work, fetcher, "twitter-roberta", clock)
    reader = reader_of(database, tmp_path)
    failed = reader.downloads()["twitter-roberta"]
    assert failed.status == "failed" and "wrong hash" in failed.message
    with pytest.raises(UnknownModel, match=r"last try failed: .*wrong hash"):
        reader.load("twitter-roberta")
    fetch.preload(database, CATALOGUE, fetcher.versions, "twitter-roberta", clock)
    assert reader.downloads()["twitter-roberta"].status == "failed"  # not at once again
    assert (reader.download("twitter-roberta") or failed).status == "queued"  # a person may


def test_progress_is_written_down_and_a_stop_ends_it(fetcher: Fetcher, database: Database) -> None:
    clock = SystemClock()
    fetch.preload(database, CATALOGUE, fetcher.versions, "twitter-roberta", clock)
    seen: list[downloads.Download] = []

    def stopping() -> bool:
        with database.reading() as connection:
            seen.append(downloads.find(connection, "twitter-roberta") or seen[-1])
        return len(seen) > 1

    with pytest.raises(JobAborted):
        fetch.pull(jobs.Work(database=database, stopping=stopping), fetcher, "twitter-roberta", clock)
    assert [one.status for one in seen] == ["running", "running"] and seen[1].message == "asking the hub"


def test_a_stranger_cannot_name_an_address(database: Database, tmp_path: Path) -> None:
    reader = reader_of(database, tmp_path)
    for name in ("owner/name", "http://169.254.169.254/", "../../etc", "oracle"):
        with pytest.raises(UnknownModel):
            reader.download(name)
    assert reader.download("minilm") is None and reader.downloads() == {}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def installation(
    database_url: str, redis_url: str, served: Standin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GROUNDSWELL_PSEUDONYM_KEY": "a secret of the tests",
        "GROUNDSWELL_DATA_DIR": str(tmp_path / "data"),
        "HF_ENDPOINT": served.url,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("installation")
def test_the_commands(tmp_path: Path) -> None:
    assert "is here; ask for it by the name twitter-roberta" in run("pull", "twitter-roberta")
    listed = json.loads(run("list", "twitter-roberta", "--json"))
    assert [one["stage"] for one in listed] == ["production"]
    data = tmp_path / "texts.txt"
    data.write_text("What a great day\nThe bus leaves at seven.\nterrible and awful\n")
    found: dict[str, Any] = json.loads(
        run("compare", "twitter-roberta", "vader", "--data", str(data), "--json")
    )
    assert found["texts"] == 3 and found["agreement"]["value"] == 1.0
    assert found["first"]["model"] == listed[0]["model"] and found["second"]["model"] == "vader@1"


def test_a_file_of_ones_own_adds_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[ours]\naliases = ["home"]\ntask = "sentiment"\ndescription = "Ours."\nhub = "us/ours"\n'
        'labels = { NEG = "negative", POS = "positive" }\n'
    )
    monkeypatch.setenv("GROUNDSWELL_CATALOGUE", str(own))
    listed = {one["key"]: one for one in json.loads(run("catalogue", "--json"))}
    assert listed["ours"]["hub"] == "us/ours" and "minilm" in listed
    assert "us/ours" in run("catalogue")
