"""Training over HTTP: a first model, a shadow first, an evaluation, and news of what was decided."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.alerts import Receiver, receiving
from tests.api import calling
from tests.corrections import ILL

from groundswell import jobs
from groundswell.alerts.delivery import Postman, deliver_news
from groundswell.alerts.targets import new_secret
from groundswell.analysis.versions import Versions
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.learning import jobs as training_jobs
from groundswell.learning.jobs import Terms
from groundswell.learning.trainer import Trainer
from groundswell.models.vault import Vault
from groundswell.outbound import AddressRules
from groundswell.store import alert_targets, registry
from groundswell.store.alert_targets import News
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@dataclass
class School:
    """An API whose store knows the shipped model, and what runs the jobs it queues."""

    api: httpx.AsyncClient
    database: Database
    trainer: Trainer

    async def post(self, path: str, body: Any = None, status: int = 202) -> Any:
        answer = await self.api.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ended(self, job: Any) -> Any:
        """Run a job to its end, as its child would, and return it."""
        self.trainer.run(job["name"])
        found = await self.get(f"/api/v1/training-jobs/{job['name']}")
        assert found["status"] == "completed", found
        return found

    async def correct(self) -> None:
        for text in ILL:
            await self.post("/feedback", {"text": text, "user_label": "negative"}, 201)

    def stages(self) -> dict[str, str]:
        with self.database.reading() as connection:
            return {one.version: one.stage for one in registry.versions(connection, "minilm")}


@pytest.fixture
async def school(
    parts_of: Callable[..., Parts], database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[School]:
    parts = parts_of(database=database)
    monkeypatch.setattr(parts.reader, "name", "minilm")
    vault = Vault(tmp_path / "models")
    Versions(database, vault, SystemClock()).ship()
    trainer = Trainer(database=database, vault=vault, clock=SystemClock())
    async with calling(create_app(parts)) as client:
        yield School(api=client, database=database, trainer=trainer)


async def test_a_first_model_is_made_and_deployed_if_asked(school: School) -> None:
    status = "/api/v1/model-init/endpoint-status"
    assert (await school.get(status))["status"] == "InService"
    asked = await school.post("/model-init/bootstrap")
    assert (asked["kind"], asked["status"], asked["model"]) == ("bootstrap", "queued", "minilm")
    making = await school.get("/model-init/endpoint-status")
    assert (making["status"], making["job"], making["version"]) == ("Creating", asked["name"], "1")
    await school.post("/api/v1/model-init/bootstrap", status=409)
    done = await school.ended(asked)
    assert (done["decision"]["outcome"], done["decision"]["promoted"]) == ("passed", False)
    assert school.stages()["1"] == "production"
    await school.ended(await school.post("/api/v1/model-init/bootstrap?auto_deploy=true"))
    there = await school.get(status)
    assert there["status"] == "InService" and school.stages()[there["version"]] == "production"
    assert there["version"] != "1" and f"minilm@{there['version']} answers" in there["message"]


async def test_without_any_version_the_endpoint_has_failed(school: School) -> None:
    with school.database.transaction() as connection:
        connection.execute("UPDATE model_versions SET stage = 'archived'")
    found = await school.get("/model-init/endpoint-status")
    assert (found["status"], found["version"], found["job"]) == ("Failed", None, None)


def signed_body(received: Receiver, secret: str) -> Any:
    """Check the one request as a receiver does and return its body."""
    ((_, headers, body),) = received.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    return json.loads(body)


def deliver_all(database: Database) -> None:
    """Deliver the news that waits, as the watcher's jobs do."""
    postman = Postman(clock=SystemClock(), rules=AddressRules(allow="127.0.0.1"), public_url="")
    with database.reading() as connection:
        rows = connection.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'alerts.news'")
        waiting = [args for (args,) in rows]
    for args in waiting:
        at = datetime.fromisoformat(args["at"])
        told = News(id=args["message"], type=args["type"], text=args["text"], at=at, data=args["data"])
        deliver_news(database, postman, told, args["target"])


async def test_a_candidate_may_read_in_the_shadow_first_and_people_are_told(school: School) -> None:
    await school.correct()
    secret = new_secret()
    with receiving() as hook:
        with school.database.transaction() as connection:
            alert_targets.create(
                connection, name="hook", kind="webhook", url=hook.url, secret=secret, enabled=True
            )
        done = await school.ended(await school.post("/retrain", {"shadow": True, "by": "ada"}))
        decision = done["decision"]
        assert (decision["outcome"], decision["promoted"]) == ("shadowed", False)
        assert school.stages() == {"1": "production", decision["candidate"].partition("@")[2]: "shadow"}
        deliver_all(school.database)
        deliver_all(school.database)  # jobs that are run again
        body = signed_body(hook, secret)
    assert body["type"] == "model.shadowed" and body["data"]["candidate"] == decision["candidate"]
    assert body["data"]["evidence"] == decision["evidence"]
    assert decision["candidate"] in body["data"]["message"]
    assert not any(text in json.dumps(body) for text in ILL)


@pytest.mark.parametrize("path", ["/evaluate", "/api/v1/evaluate"])
async def test_production_is_judged_on_its_base_rows(school: School, path: str) -> None:
    asked = await school.post(path)
    assert (asked["kind"], asked["model"]) == ("evaluate", "minilm")
    figures = (await school.ended(asked))["metrics"]["sentiment/base"]
    recall = figures["macro_recall"]
    assert 0.5 < recall["low"] < recall["value"] < recall["high"] and figures["rows"] > 500


async def test_what_cannot_be_judged_or_trained_is_said(school: School) -> None:
    await school.post("/api/v1/evaluate", {"model": "minilm@99"}, 404)
    await school.post("/api/v1/evaluate", {"colour": "blue"}, 400)
    refused = await school.post("/retrain", status=409)
    assert refused["error"]["details"]["missing"] == 10
    await school.post("/retrain", {"kind": "forest"}, 400)


async def test_a_whole_version_is_asked_for_by_its_kind(school: School) -> None:
    await school.correct()
    wrong = await school.post("/retrain", {"kind": "tfidf", "model": "minilm"}, 409)
    assert wrong["error"]["details"] == {"model": "minilm", "kind": "transformer"}
    for kind, model, setting in (
        ("tfidf", "tfidf", "GROUNDSWELL_DATA"),
        ("finetune", "minilm", "GROUNDSWELL_DATA"),
    ):
        asked = await school.post("/api/v1/retrain", {"kind": kind}, 202)
        assert (asked["kind"], asked["model"], asked["name"].partition("-")[0]) == (kind, model, kind)
        school.trainer.run(asked["name"])
        ended = await school.get(f"/api/v1/training-jobs/{asked['name']}")
        assert ended["status"] == "failed" and setting in ended["error"]
    listed = await school.get("/api/v1/training-jobs?kind=tfidf")
    assert [job["kind"] for job in listed["data"]] == ["tfidf"]


@pytest.mark.parametrize("cron", ["", "0 3 * * 0"])
def test_the_schedule_is_declared_as_it_is_set(monkeypatch: pytest.MonkeyPatch, cron: str) -> None:
    declared: dict[str, Any] = {}
    monkeypatch.setattr(jobs, "_declared", declared)
    training_jobs.declare(Terms(command=(), model="minilm", cron=cron), SystemClock())
    found = declared.get(training_jobs.SCHEDULE)
    assert (found.cron if found else "") == cron
