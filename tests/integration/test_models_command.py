"""`groundswell models`: what people type, against a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.integration.store.samples import post, write
from tests.versions import version_folder
from typer.testing import CliRunner

from groundswell.cli.models import app
from groundswell.cli.reanalyse import app as reanalyse
from groundswell.core.errors import BadArtefact, Conflict, InvalidInput
from groundswell.store.database import Database


@pytest.fixture(autouse=True)
def installation(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GROUNDSWELL_PSEUDONYM_KEY": "a secret of the tests",
        "GROUNDSWELL_DATA_DIR": str(tmp_path / "data"),
    }.items():
        monkeypatch.setenv(name, value)


def run(*arguments: str, code: int = 0) -> str:
    return invoke(app, *arguments, code=code)


def invoke(group: typer.Typer, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(group, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def stages() -> dict[str, str]:
    return {one["model"]: one["stage"] for one in json.loads(run("list", "tfidf", "--json"))}


def test_from_a_folder_into_production_and_back(tmp_path: Path) -> None:
    folder = version_folder(tmp_path, "2", bias=0.1)
    assert "candidate" in run("add", str(folder))
    assert "beside production" in run("shadow", "tfidf@2")
    assert stages() == {"tfidf@2": "shadow", "tfidf@1": "production"}
    run("shadow", "tfidf")
    assert "in production" in run("promote", "tfidf@2", "--reason", "better")
    assert "again" in run("rollback", "tfidf")
    shown = json.loads(run("show", "tfidf@2", "--json"))
    assert [one["action"] for one in shown["history"]] == ["promote", "unshadow", "shadow", "add"]
    assert "promote" in run("show", "tfidf@2") and "tfidf@2" in run("list")
    run("verify", "tfidf")
    run("remove", "tfidf@2")
    assert stages() == {"tfidf@1": "production"}


def test_wrong_use_and_bad_versions(tmp_path: Path) -> None:
    run("promote", "tfidf@2", code=2)
    run("show", "tfidf", code=2)
    with pytest.raises(Conflict):
        run("remove", "tfidf@1")
    folder = version_folder(tmp_path, "2", bias=0.1)
    run("add", str(folder))
    (kept,) = (tmp_path / "data" / "models").iterdir()
    (kept / "vocabulary.txt").chmod(0o644)
    (kept / "vocabulary.txt").write_text("other words\n")
    with pytest.raises(BadArtefact):
        run("promote", "tfidf@2", "--reason", "better")
    assert "is not the file" in run("verify", "tfidf", code=1)
    sound = {one["model"]: one["sound"] for one in json.loads(run("verify", "tfidf", "--json", code=1))}
    assert sound == {"tfidf@2": False, "tfidf@1": True}


def test_the_report_is_written_as_a_page_and_as_json(tmp_path: Path) -> None:
    run("list")  # what is shipped is entered
    page = tmp_path / "report.html"
    run("report", "minilm", "--html", str(page))
    assert "minilm@1: drift and performance" in page.read_text()
    found = json.loads(run("report", "minilm@1", "--json"))
    assert found["model"] == "minilm@1" and len(found["drift"]["signals"]) == 7
    assert "too few" in run("report", "minilm")


def test_history_is_read_again_on_demand() -> None:
    run("list")
    asked = json.loads(invoke(reanalyse, "start", "tfidf@1", "--where", "source=reddit", "--json"))
    assert asked["status"] == "queued" and asked["asked"]["source"] == "reddit"
    assert [one["id"] for one in json.loads(invoke(reanalyse, "list", "--json"))] == [asked["id"]]
    assert json.loads(invoke(reanalyse, "show", "1", "--json"))["flips"] == []
    assert "nothing to compare" in invoke(reanalyse, "show", "1")
    assert "cancelled" in invoke(reanalyse, "cancel", "1")
    assert "NAME=VALUE" in invoke(reanalyse, "start", "tfidf@1", "--where", "reddit", code=2)
    assert "sentiment" in invoke(reanalyse, "start", "tfidf@1", "--where", "sentiment=sad", code=2)


def test_two_models_are_compared_on_the_stored_posts_that_pass_a_filter(database_url: str) -> None:
    database = Database(database_url)
    texts = ["what a lovely launch", "this launch is a terrible mess", "the launch is on Monday"]
    write(database, *(post(number, text) for number, text in enumerate(texts, 1)))
    write(database, post(9, "not this one", source="forum"))
    database.close()
    found = json.loads(
        run("compare", "tfidf", "vader", "--posts", "--source", "reddit", "--q", "launch", "--json")
    )
    assert found["texts"] == 3 and found["data"] == "stored posts"
    assert found["first"]["model"] == "tfidf@1" and found["second"]["model"].startswith("vader")
    assert sum(sum(row) for row in found["table"]) == 3
    assert json.loads(run("compare", "tfidf", "tfidf", "--posts", "--json"))["agreement"]["value"] == 1
    with pytest.raises(InvalidInput, match="Say on what to compare"):
        run("compare", "tfidf", "vader")
