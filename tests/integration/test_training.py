"""Training jobs: they end as a whole or not at all, whoever is killed, and the gate alone moves the pointer."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.corrections import ILL
from tests.integration.jobs_process import QUICK

from groundswell import jobs
from groundswell.analysis.versions import Versions
from groundswell.core.clock import SystemClock
from groundswell.core.errors import Conflict, StopRequested
from groundswell.learning import jobs as training_jobs
from groundswell.learning.corpus import read_examples, three_way
from groundswell.learning.dataset import save_rows
from groundswell.learning.holdout import held_out
from groundswell.learning.jobs import Terms
from groundswell.learning.trainer import Trainer
from groundswell.models.vault import Vault
from groundswell.sources.synthetic_script import labelled
from groundswell.store import feedback, registry, training
from groundswell.store.database import Database
from groundswell.store.feedback import NewFeedback
from groundswell.store.training import Request, TrainingJob

Eventually = Callable[[Callable[[], object], float], None]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = Request(kind="head", model="minilm", by="ada")
SLEEPS = (sys.executable, "-c", "import signal; signal.pause()")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def vault(tmp_path: Path, database: Database) -> Vault:
    kept = Vault(tmp_path / "models")
    Versions(database, kept, SystemClock()).ship()
    return kept


@pytest.fixture
def trainer(database: Database, vault: Vault) -> Trainer:
    return Trainer(database=database, vault=vault, clock=SystemClock())


def say(database: Database, texts: tuple[str, ...], label: int = 0) -> None:
    with database.transaction() as connection:
        for text in texts:
            new = NewFeedback(
                content=text, label=label, held_out=held_out(text), origin="api", created_at=NOW
            )
            feedback.add(connection, new)


def ask(database: Database, request: Request = HEAD, least: int = 10) -> str:
    return training_jobs.ask_for_training(database, request, min_feedback=least, clock=SystemClock()).name


def job(database: Database, name: str) -> TrainingJob:
    with database.reading() as connection:
        return training.get(connection, name)


def versions(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return {one.version: one.stage for one in registry.versions(connection, "minilm")}


@contextmanager
def watching(url: str, *command: str, **terms: Any) -> Iterator[None]:
    """Run jobs as the watch role does; `command` is the child."""
    kept = dict(jobs._declared)
    training_jobs.declare(Terms(command=command, model="minilm", **terms), SystemClock())
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(jobs.run_worker(url, stop, QUICK)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        jobs._declared.clear()
        jobs._declared.update(kept)
    assert not thread.is_alive()


def children(name: str) -> list[psutil.Process]:
    """The processes of a job."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += [one] if name in one.cmdline() else []
    return found


def test_corrections_make_a_candidate_that_the_gate_promotes_with_its_numbers(
    database: Database, trainer: Trainer
) -> None:
    (shipped,) = versions(database)
    say(database, ILL)
    name = ask(database)
    with pytest.raises(Conflict, match=name):
        ask(database)
    trainer.run(name)
    done = job(database, name)
    assert (done.status, done.error, done.progress) == ("completed", None, 1)
    assert versions(database) == {f"{shipped}.1": "production", shipped: "archived"}
    assert done.decision is not None and done.decision["promoted"]
    assert done.decision["evidence"]["feedback"]["rows"] == len(ILL)
    assert done.metrics["sentiment/base"]["rows"] == done.decision["evidence"]["base"]["rows"]
    with database.reading() as connection:
        newest, added = registry.history(connection, "minilm")[:2]
    assert (newest.action, newest.by, added.action) == ("promote", "gate", "add")
    assert newest.evidence["base"] == done.decision["evidence"]["base"]
    with pytest.raises(Conflict, match="10 more items"):
        ask(database)
    trainer.run(name)
    assert job(database, name) == done


def test_a_job_that_was_begun_twice_is_ended_by_the_second_alone(database: Database, vault: Vault) -> None:
    del vault
    say(database, ILL)
    name = ask(database)
    with database.transaction() as connection:
        first = training.begin(connection, name, NOW)
        second = training.begin(connection, name, NOW)
    assert first and second and second.attempt == 2
    with pytest.raises(StopRequested), database.transaction() as connection:
        training.report(connection, first, 0.5, "a voice from the dead")
    with pytest.raises(StopRequested), database.transaction() as connection:
        training.finish(connection, first, NOW, metrics={})
    with database.transaction() as connection:
        training.report(connection, second, 0.5, "alive")
    assert list(job(database, name).log) == ["alive"]


def test_a_killed_child_leaves_nothing_and_is_begun_again_until_it_is_given_up(
    database: Database,
    database_url: str,
    vault: Vault,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs._Patience.failed, "exponential_wait", 0)
    say(database, ILL)
    name = ask(database)
    before = versions(database)
    script = (
        "import sys, psycopg;"
        f"c = psycopg.connect({database_url!r}, autocommit=True);"
        "c.execute('UPDATE training_jobs SET status = %s, attempt = attempt + 1 WHERE name = %s',"
        " ('running', sys.argv[1]));"
        "import os; os.kill(os.getpid(), 9)"
    )
    with watching(database_url, sys.executable, "-c", script):
        eventually(lambda: job(database, name).status == "failed", 90)
    ended = job(database, name)
    assert ended.attempt == training_jobs.MOST_ATTEMPTS and "died" in (ended.error or "")
    assert versions(database) == before and list(vault.root.glob("*")) == []
    assert ask(database) != name


def test_a_cancelled_job_ends_its_child_at_once(
    database: Database, database_url: str, vault: Vault, eventually: Eventually
) -> None:
    say(database, ILL)
    name = ask(database)
    with watching(database_url, *SLEEPS):
        eventually(lambda: children(name), 30)
        with database.transaction() as connection:
            training.begin(connection, name, NOW)
            training.cancel(connection, name, NOW)
        eventually(lambda: job(database, name).status == "cancelled", 30)
        eventually(lambda: not children(name), 30)
    assert list(vault.root.glob("*")) == [] and len(versions(database)) == 1
    with pytest.raises(Conflict, match="cancelled"), database.transaction() as connection:
        training.cancel(connection, name, NOW)


def test_a_job_that_takes_too_long_is_ended_and_says_so(
    database: Database, database_url: str, vault: Vault, eventually: Eventually
) -> None:
    del vault
    say(database, ILL)
    name = ask(database)
    with watching(database_url, *SLEEPS, seconds=0.2):
        eventually(lambda: job(database, name).status == "failed", 30)
        eventually(lambda: not children(name), 30)
    assert "longer than" in (job(database, name).error or "")


def test_a_job_that_waits_is_cancelled_at_once_and_never_runs(database: Database, trainer: Trainer) -> None:
    say(database, ILL)
    name = ask(database)
    with database.transaction() as connection:
        assert training.cancel(connection, name, NOW).status == "cancelled"
    trainer.run(name)
    assert job(database, name).attempt == 0


def test_a_pointer_that_a_person_moved_meanwhile_is_left_alone(
    database: Database, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(database, ILL)
    trainer.run(ask(database))
    (made, shipped) = versions(database)
    say(database, tuple(f"{text} today" for text in ILL))
    name = ask(database)

    def moved_meanwhile(*given: Any) -> Any:
        with database.transaction() as connection:
            registry.rollback(connection, "minilm", registry.Deed(by="ada", at=NOW, reason="too eager"))
        return contest(*given)

    from groundswell.learning import trainer as module

    contest = vars(module)["contest"]
    monkeypatch.setattr(module, "contest", moved_meanwhile)
    trainer.run(name)
    assert "not in production any more" in (job(database, name).error or "")
    assert versions(database) == {made: "archived", shipped: "production"}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder of labelled texts, made up."""
    folder = tmp_path / "given"
    save_rows(dict(islice(labelled(3), 2_500)).items(), folder / "sentiment" / "train.tsv")
    return folder


def test_a_whole_version_is_made_of_given_texts_and_feedback_and_judged_on_what_neither_saw(
    database: Database, trainer: Trainer, given: Path, tmp_path: Path
) -> None:
    said = tuple(f"{text}, says {name}" for text in ILL for name in ("Ann", "Ben", "Cem", "Dee", "Eve"))
    say(database, said)
    name = ask(database, Request(kind="tfidf", model="tfidf", by="ada"))
    left = tmp_path / "work" / "tfidf-0" / "data"
    left.mkdir(parents=True)
    replace(trainer, data=given, work=tmp_path / "work").run(name)
    done = job(database, name)
    assert (done.status, done.error, done.candidate) == ("completed", None, "2")
    assert list((tmp_path / "work").iterdir()) == [], "what it worked with is gone, and what others left"

    with database.reading() as connection:
        made = registry.get(connection, "tfidf", "2")
        production = registry.production(connection, "tfidf")
    assert done.decision is not None and production is not None
    assert (made.stage == "production") is done.decision["promoted"] is (production.version == "2")
    evidence = done.decision["evidence"]
    gate = three_way(read_examples(given / "sentiment" / "train.tsv"))[2]
    assert evidence["base"]["rows"] == done.metrics["sentiment/base"]["rows"] == len(gate)
    assert evidence["feedback"]["source"] == "held_out"
    assert evidence["feedback"]["rows"] == sum(held_out(text) for text in said)
    assert evidence["feedback"]["candidate"] > evidence["feedback"]["champion"], "it learned from corrections"
    texts, heard = made.manifest["data"]
    assert (heard["sha256"], texts["rows"]) == (
        done.snapshot,
        len(read_examples(given / "sentiment" / "train.tsv")),
    )
    assert made.manifest["options"]["last_feedback"] == len(said)


@pytest.mark.parametrize(("kind", "says"), [("tfidf", "GROUNDSWELL_DATA"), ("finetune", "FINETUNE_BASE")])
def test_a_whole_version_without_what_it_needs_says_which_setting(
    database: Database, trainer: Trainer, given: Path, kind: Any, says: str
) -> None:
    say(database, ILL)
    model = "tfidf" if kind == "tfidf" else "minilm"
    name = ask(database, Request(kind=kind, model=model, by="ada"))
    replace(trainer, data=given if kind == "finetune" else None).run(name)
    assert job(database, name).status == "failed" and says in (job(database, name).error or "")
    with pytest.raises(Conflict, match="of the kind transformer"):
        ask(database, Request(kind="tfidf", model="minilm", by="ada"))


@pytest.mark.parametrize(("new", "queued"), [(9, False), (10, True)])
def test_the_schedule_trains_when_enough_is_new(
    database: Database, vault: Vault, new: int, queued: bool
) -> None:
    del vault
    say(database, ILL[:new])
    terms = Terms(command=(), model="minilm")
    found = training_jobs.scheduled(database, terms, SystemClock())
    assert (found is not None) == queued
    if found:
        assert found.asked_by == training_jobs.BY_SCHEDULE
        assert training_jobs.scheduled(database, terms, SystemClock()) is None


def test_an_evaluation_says_how_good_production_is(database: Database, trainer: Trainer) -> None:
    say(database, ILL)
    names = {}
    for data in ("gate", "feedback", "../../etc/passwd"):
        with database.transaction() as connection:
            request = replace(HEAD, kind="evaluate", options={"data": data})
            names[data] = training.ask(connection, request, NOW).name
        trainer.run(names[data])
    base = job(database, names["gate"]).metrics["sentiment/base"]
    assert base["macro_recall"]["low"] < base["macro_recall"]["value"] < base["macro_recall"]["high"]
    heard = job(database, names["feedback"]).metrics["feedback"]
    assert heard["rows"] == len(ILL) and heard["slices"]["negative"]["rows"] == len(ILL)
    assert job(database, names["../../etc/passwd"]).status == "failed"
