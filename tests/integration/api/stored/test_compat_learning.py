"""The rows of INTERFACES 1.5 about models and learning, each called by its old path as it is written there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from groundswell.analysis.versions import Versions
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.models.vault import Vault
from groundswell.store.database import Database

JOB = {"name", "kind", "status", "progress", "started_at", "ended_at", "log_tail", "metrics", "decision"}


@pytest.fixture
def app(app: FastAPI, parts: Parts, database: Database, tmp_path: Path) -> FastAPI:
    """The shipped model is in production, as in an installation."""
    parts.reader.name = "minilm"
    Versions(database, Vault(tmp_path / "models"), SystemClock()).ship()
    return app


async def sent(api: httpx.AsyncClient, path: str, body: Any = None, *, status: int = 202) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_download(api: httpx.AsyncClient) -> None:
    ready = await sent(api, "/models/download", {"model": "minilm"}, status=200)
    assert ready["model"] == "minilm"
    same = await sent(api, "/api/v1/models/download", {"model": "minilm"}, status=200)
    assert same == ready
    await sent(api, "/models/download", {"model": "nothing"}, status=404)


@pytest.mark.parametrize("label", ["negative", "Negative", "NEGATIVE"])
async def test_feedback(api: httpx.AsyncClient, label: str) -> None:
    body = {"text": "This is amazing!", "model_prediction": "Positive", "user_label": label}
    given = await sent(api, "/feedback", body, status=201)
    assert (given["user_label"], given["model_prediction"]) == ("negative", "positive")
    listed = (await api.get("/api/v1/feedback")).json()["data"]
    assert [one["text"] for one in listed] == ["This is amazing!"]


async def test_evaluate_is_a_training_job(api: httpx.AsyncClient) -> None:
    asked = await sent(api, "/evaluate")
    assert asked.keys() >= JOB and (asked["kind"], asked["status"]) == ("evaluate", "queued")
    listed = (await api.get("/training-jobs")).json()
    assert [job["name"] for job in listed["data"]] == [asked["name"]] and listed["metadata"]["total"] == 1
    one = await api.get(f"/training-jobs/{asked['name']}")
    assert one.json() == (await api.get(f"/api/v1/training-jobs/{asked['name']}")).json()
    assert (await api.get("/training-jobs/nothing")).status_code == 404


async def test_retrain_says_how_many_samples_are_missing_and_then_begins(api: httpx.AsyncClient) -> None:
    error = (await sent(api, "/retrain", status=409))["error"]
    assert error["details"]["missing"] == 10 and "10" in error["message"]
    for number in range(10):
        body = {"text": f"sick {number}", "model_prediction": "negative", "user_label": "positive"}
        await sent(api, "/feedback", body, status=201)
    job = await sent(api, "/retrain")
    assert job.keys() >= JOB and (job["kind"], job["status"]) == ("head", "queued")


async def test_a_first_model(api: httpx.AsyncClient) -> None:
    before = (await api.get("/model-init/endpoint-status")).json()
    assert (before["status"], before["model"], before["version"]) == ("InService", "minilm", "1")
    job = await sent(api, "/model-init/bootstrap?auto_deploy=true")
    assert job.keys() >= JOB
    during = (await api.get("/model-init/endpoint-status")).json()
    assert (during["status"], during["model"]) == ("Creating", "minilm")


async def test_a_reset_answers_the_state_that_it_leads_to(api: httpx.AsyncClient) -> None:
    after = await sent(api, "/failsafe/reset", status=200)
    assert after["state"] == "CLOSED"
    status = (await api.get("/failsafe/status")).json()
    assert (status["state"], status["failure_count"], status["retry_at"]) == ("CLOSED", 0, None)
