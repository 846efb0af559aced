"""Models over HTTP: what there is, what answers, and how that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api import LiveStream, listening, served, told
from tests.versions import version_folder
from websockets.asyncio.client import ClientConnection

from groundswell.analysis.versions import Versions
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.models.vault import Vault
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def app(parts_of: Callable[..., Parts], database: Database, tmp_path: Path) -> FastAPI:
    parts = parts_of(database=database)
    versions = Versions(database, Vault(tmp_path / "models"), SystemClock())
    parts.reader.versions = versions
    versions.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    return create_app(parts)


async def stages(api: httpx.AsyncClient) -> dict[str, str]:
    found = (await api.get("/api/v1/models/tfidf")).json()
    return {one["version"]: one["stage"] for one in found["versions"]}


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_what_there_is(api: httpx.AsyncClient, prefix: str) -> None:
    listed = (await api.get(f"{prefix}/models")).json()
    found = {one["name"]: one for one in listed["data"]}
    assert found["tfidf"]["model_name"] == "tfidf@1" and found["tfidf"]["stage"] == "production"
    assert found["vader"]["loaded"] is True and found["vader"]["versions"] == []
    assert listed["metadata"]["total"] == len(found)

    one = (await api.get(f"{prefix}/models/tfidf")).json()
    assert [event["action"] for event in one["history"]] == ["add", "promote", "add"]
    assert (await api.get(f"{prefix}/models/oracle")).status_code == 404
    ready = await api.post(f"{prefix}/models/download", json={"model": "tfidf"})
    assert ready.json() == {"model": "tfidf", "status": "ready"}
    assert (await api.post(f"{prefix}/models/download", json={"model": "oracle"})).status_code == 404


async def test_promote_and_roll_back(api: httpx.AsyncClient) -> None:
    path = "/api/v1/models/tfidf"
    no_reason = await api.post(f"{path}/promote", json={"version": "2"})
    assert no_reason.status_code == 400 and "reason" in no_reason.json()["error"]["message"]
    moved = await api.post(f"{path}/promote", json={"version": "2", "reason": "better", "by": "ada"})
    assert moved.json()["stage"] == "production"
    assert await stages(api) == {"2": "production", "1": "archived"}
    assert (await api.post(f"{path}/promote", json={"version": "2", "reason": "x"})).status_code == 409
    assert (await api.post(f"{path}/promote", json={"version": "9", "reason": "x"})).status_code == 404
    assert (await api.post(f"{path}/rollback")).json()["version"] == "1"
    assert (await api.post(f"{path}/rollback", json={"reason": "x"})).status_code == 409
    history = (await api.get(path)).json()["history"]
    assert [(one["action"], one["by"], one["reason"]) for one in history[:2]] == [
        ("rollback", "api", ""),
        ("promote", "ada", "better"),
    ]


async def test_a_changed_file_is_refused_in_one_sentence(api: httpx.AsyncClient, tmp_path: Path) -> None:
    (kept,) = (tmp_path / "models").iterdir()
    (kept / "vocabulary.txt").chmod(0o644)
    (kept / "vocabulary.txt").write_text("other words\n")
    answer = await api.post("/api/v1/models/tfidf/promote", json={"version": "2", "reason": "better"})
    assert answer.status_code == 409 and "vocabulary.txt" in answer.json()["error"]["message"]
    assert await stages(api) == {"2": "candidate", "1": "production"}


async def test_a_shadow_is_compared(api: httpx.AsyncClient) -> None:
    path = "/api/v1/models/tfidf"
    assert (await api.get(f"{path}/metrics")).json()["shadow"] is None
    assert (await api.post(f"{path}/shadow", json={"version": "2"})).json()["stage"] == "shadow"
    found = (await api.get(f"{path}/metrics")).json()
    assert found["model"] == "tfidf@1" and found["metrics"]
    assert found["shadow"] == {"version": "tfidf@2", "posts": 0, "agreement": None, "pairs": []}
    assert (await api.post(f"{path}/shadow", json={"version": None})).json() is None
    assert await stages(api) == {"2": "candidate", "1": "production"}
    assert (await api.get("/api/v1/models/vader/metrics")).status_code == 404


async def test_who_listens_hears_of_a_promotion(app: FastAPI, live_stream: LiveStream) -> None:
    del live_stream
    with served(app) as port:
        async with (
            listening(port) as (client, _),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as api,
        ):
            heard: list[dict[str, str]] = []
            for version in ("2", "1", "2"):
                await api.post(
                    "/api/v1/models/tfidf/promote", json={"version": version, "reason": "to and fro"}
                )
                while {"key": "tfidf", "version": version, "stage": "production"} not in heard:
                    heard.append((await seen(client, "model"))["data"])
                heard.clear()


async def seen(client: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next event of one kind."""
    while True:
        event: dict[str, Any] = await told(client)
        if event["type"] == kind:
            return event
