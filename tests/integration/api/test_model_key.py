"""The key between API or worker and the model service; and when either refuses to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api import STARTED, Limits, reader_of, served

from groundswell.api.access.guards import Open, ServiceKey
from groundswell.api.model_app import create_model_app
from groundswell.api.parts import ModelParts
from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSettings, ModelUnavailable
from groundswell.guard import admin_key, model_guard
from groundswell.models.service import ServiceModel
from groundswell.models.vader import VaderModel
from groundswell.observe import Metrics
from groundswell.settings import load_settings
from groundswell.supervise.exposition import is_loopback

KEY = "between-api-and-model-service"


@pytest.fixture
def url() -> Iterator[str]:
    metrics = Metrics()
    parts = ModelParts(
        settings=Limits(max_text_characters=1000),
        clock=SystemClock(),
        metrics=metrics,
        reader=reader_of(VaderModel(), metrics),
        started_at=STARTED,
        guard=ServiceKey(KEY),
    )
    with served(create_model_app(parts)) as port:
        yield f"http://127.0.0.1:{port}"


def test_who_has_the_key_is_read_and_nobody_else(url: str) -> None:
    friend = ServiceModel(url, clock=SystemClock(), key=KEY, seconds=20)
    assert friend.read(["a wonderful day"])[0].sentiment == "positive"
    friend.close()
    for key in ("", KEY[:-1], KEY + "x"):
        stranger = ServiceModel(url, clock=SystemClock(), key=key, seconds=20)
        with pytest.raises(ModelUnavailable, match="401"):
            stranger.read(["a wonderful day"])
        stranger.close()


@pytest.mark.parametrize(
    ("path", "status"), [("/health", 200), ("/health/live", 200), ("/metrics", 401), ("/models", 401)]
)
def test_health_alone_is_open(url: str, path: str, status: int) -> None:
    assert httpx.get(url + path, trust_env=False).status_code == status


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "example.org", "::"])  # noqa: S104
def test_a_model_service_that_others_reach_needs_a_key(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(BadSettings, match="GROUNDSWELL_MODEL_SERVICE_KEY"):
        model_guard(load_settings(host=host))
    assert isinstance(model_guard(load_settings(host=host, model_service_key=KEY)), ServiceKey)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_on_loopback_it_needs_none(host: str) -> None:
    assert is_loopback(host) and type(model_guard(load_settings(host=host))) is Open


def test_a_short_key_is_none() -> None:
    with pytest.raises(BadSettings, match="at least 20 characters"):
        load_settings(model_service_key="short")


def test_the_first_key_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(BadSettings, match="cannot be read"):
        admin_key(load_settings(admin_key_file=file))
    file.write_text(f"{KEY}\n")
    assert admin_key(load_settings(admin_key_file=file)) == KEY
    with pytest.raises(BadSettings, match="not both"):
        admin_key(load_settings(admin_key_file=file, admin_key=KEY))


@pytest.mark.parametrize("origins", ["*", "app.example", "https://app.example/path"])
def test_origins_are_named_one_by_one(origins: str) -> None:
    with pytest.raises(BadSettings, match="GROUNDSWELL_CORS_ORIGINS"):
        load_settings(cors_origins=origins)


@pytest.mark.parametrize("days", ["bluesky", "bluesky=soon", "=3", "bluesky=-1"])
def test_retention_by_source_is_days(days: str) -> None:
    with pytest.raises(BadSettings, match="GROUNDSWELL_RETENTION_SOURCES"):
        load_settings(retention_sources=days)
    assert load_settings(retention_sources="bluesky=30, file = 7").source_retention == {
        "bluesky": 30,
        "file": 7,
    }
