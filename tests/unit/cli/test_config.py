from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundswell.cli.config import app


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgres://me:hush@db.example/mood")
    monkeypatch.setenv("GROUNDSWELL_PSEUDONYM_KEY", "hush")
    (tmp_path / ".env").write_text("REDIS_STREAM_NAME=from_env_file\n")
    (tmp_path / "groundswell.toml").write_text("batch_posts = 7\n")
    answer = CliRunner().invoke(app, ["--port", "8123", "--json"])
    assert answer.exit_code == 0, answer.output
    assert "hush" not in answer.output
    return {row["name"]: row for row in json.loads(answer.output)}


@pytest.mark.parametrize(
    ("name", "value", "origin"),
    [
        ("API_PORT", "8123", "flag"),
        ("DATABASE_URL", "postgres://…@db.example/mood", "environment"),
        ("GROUNDSWELL_PSEUDONYM_KEY", "…", "environment"),
        ("REDIS_STREAM_NAME", "from_env_file", ".env"),
        ("GROUNDSWELL_BATCH", "7", "groundswell.toml"),
        ("REDIS_CONSUMER_GROUP", "sentiment_workers", "default"),
    ],
)
def test_every_value_says_where_it_comes_from(
    rows: dict[str, dict[str, str]], name: str, value: str, origin: str
) -> None:
    assert (rows[name]["value"], rows[name]["from"]) == (value, origin)
    assert rows[name]["meaning"].endswith(".")
