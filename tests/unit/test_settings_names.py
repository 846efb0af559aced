"""Names that deployments already set are honoured as they are (INTERFACES 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from groundswell.settings import GROUPS, Settings, load_settings


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("DATABASE_URL", "postgresql://u:p@h/d", "external_database", "postgresql://u:p@h/d"),
        ("DATABASE_URL", "postgres://u:p@h/d", "external_database", "postgresql://u:p@h/d"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@h/d", "external_database", "postgresql://u:p@h/d"),
        ("REDIS_URL", "redis://h:1/0", "external_redis", "redis://h:1/0"),
        ("REDIS_URL", "rediss://h:1/0", "external_redis", "rediss://h:1/0"),
        ("REDIS_HOST", "h", "external_redis", "redis://h:6379/0"),
        ("REDIS_STREAM_NAME", "mine", "stream_name", "mine"),
        ("REDIS_CONSUMER_GROUP", "us", "consumer_group", "us"),
        ("API_HOST", "localhost", "host", "localhost"),
        ("API_PORT", "9000", "port", 9000),
        ("PORT", "9001", "port", 9001),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("OMP_NUM_THREADS", "3", "inference_threads", 3),
        ("MKL_NUM_THREADS", "3", "inference_threads", 3),
        ("ALERT_THRESHOLD", "0.5", "alert_threshold", 0.5),
        ("ALERT_WINDOW_MINUTES", "7", "alert_window_minutes", 7),
        ("POSTS_PER_MINUTE", "90", "posts_per_minute", 90.0),
        ("MODEL_SERVICE_URL", "http://models:8081", "model_service_url", "http://models:8081"),
        ("PRELOAD_MODEL", "distilbert-sentiment", "preload_model", "distilbert-sentiment"),
        ("MODEL_PATH", "/models/minilm/1", "model_path", Path("/models/minilm/1")),
        ("LLM_PROVIDER", "groq", "llm_provider", "groq"),
        ("LLM_API_KEY", "secret", "llm_api_key", SecretStr("secret")),
        ("LLM_MODEL", "small", "llm_model", "small"),
        ("LLM_BASE_URL", "http://llm:1/v1", "llm_base_url", "http://llm:1/v1"),
        ("FAILSAFE_MAX_LLM_FAILURES", "5", "failsafe_max_failures", 5),
        ("FAILSAFE_FAILURE_WINDOW_SECONDS", "60", "failsafe_window_seconds", 60.0),
        ("FAILSAFE_CIRCUIT_BREAKER_TIMEOUT", "30", "failsafe_open_seconds", 30.0),
        ("MIN_FEEDBACK", "20", "min_feedback", 20),
        ("HF_ENDPOINT", "https://hub.example", "hub_endpoint", "https://hub.example"),
        ("HF_HOME", "/hub", "hub_folder", Path("/hub")),
        ("HF_TOKEN", "secret", "hub_token", SecretStr("secret")),
    ],
)
def test_an_older_name_is_honoured(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: Any
) -> None:
    for other in ("GROUNDSWELL_INFERENCE_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "API_PORT"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected


def test_a_database_by_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"HOST": "db", "PORT": "5433", "DB": "mood", "USER": "me", "PASSWORD": "p@ss"}
    for name, value in parts.items():
        monkeypatch.setenv(f"POSTGRES_{name}", value)
    assert load_settings().external_database == "postgresql://me:p%40ss@db:5433/mood"


def test_redis_with_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_HOST", "cache")
    monkeypatch.setenv("REDIS_PORT", "6380")
    monkeypatch.setenv("REDIS_PASSWORD", "s/ecret")
    assert load_settings().external_redis == "redis://:s%2Fecret@cache:6380/0"


def test_the_page_of_settings_shows_each_setting_once() -> None:
    grouped = [name for group in GROUPS for name in group.model_fields]
    assert grouped == list(Settings.model_fields)
