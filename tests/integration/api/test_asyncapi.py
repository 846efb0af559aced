"""The AsyncAPI document is true: what the live feed sends is what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from fastapi import FastAPI
from tests.api import calling, listening, served, told
from tests.integration.journey import Journey, raw
from tests.versions import version_folder

from groundswell.analysis.versions import Versions
from groundswell.api.app import create_app
from groundswell.api.live.events import document
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.models.vault import Vault


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    made = Journey(redis_url, database_url)
    yield made
    made.close()


@pytest.fixture
def whole(parts_of: Callable[..., Parts], journey: Journey) -> FastAPI:
    return create_app(parts_of(database=journey.database))


async def test_it_is_served(whole: FastAPI) -> None:
    async with calling(whole) as api:
        assert (await api.get("/asyncapi.json")).json() == orjson.loads(orjson.dumps(document()))


async def test_what_is_sent_is_what_is_described(whole: FastAPI, journey: Journey, tmp_path: Path) -> None:
    versions = Versions(journey.database, Vault(tmp_path / "models"), SystemClock())
    with served(whole) as port:
        async with listening(port, "cursor=0-1") as (client, welcome):
            seen = {"connection": welcome}
            with journey.working():
                journey.door.admit([raw(number) for number in range(5)])
                versions.add(version_folder(tmp_path, "2"), by="ada")
                while not {"connection", "new_post", "metrics", "model"} <= seen.keys():
                    frame = await told(client)
                    seen[frame["type"]] = frame
    for kind, frame in seen.items():
        jsonschema.validate(frame, schema_of(kind))


def schema_of(kind: str) -> dict[str, Any]:
    """The payload's schema, its references resolved from the document's root."""
    found = document()
    return {**found, "$ref": f"#/components/messages/{kind}/payload"}


def test_every_event_is_described() -> None:
    found = document()["components"]["messages"]
    assert set(found) == {"connection", "new_post", "erased", "metrics", "alert", "model", "gap"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"type": "new_post"}, schema_of("new_post"))
