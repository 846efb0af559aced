"""`groundswell feedback` and `groundswell labels` against a real database."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.store.samples import key, post, write
from typer.testing import CliRunner

from groundswell.cli import feedback, labels
from groundswell.core.identity import post_key
from groundswell.store.database import Database

SECRET = "a secret of the tests"


class Shell:
    def run(self, *arguments: str, text: str = "", code: int = 0) -> tuple[str, str]:
        """Run a command in this process and return what it printed to standard output and standard error."""
        group = {"feedback": feedback.app, "labels": labels.app}[arguments[0]]
        done = CliRunner().invoke(group, arguments[1:], input=text)
        assert done.exit_code == code, done.stderr
        return done.stdout, done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json")[0])


@pytest.fixture
def shell(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GROUNDSWELL_PSEUDONYM_KEY", SECRET)
    monkeypatch.setenv("GROUNDSWELL_DOUBLE_CODING", "1")
    return Shell()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def listed(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell.json("feedback", "list", *arguments)["data"]
    return found


def test_a_file_is_kept_once_and_what_is_wrong_is_said(shell: Shell) -> None:
    Path("given.csv").write_text(
        "text,label,emotion\nthe update is sick,POSITIVE,joy\nmeh,so so,\n,negative,\n"
        "fine,neutral,hunger\nfine,neutral,\n"
    )
    _, err = shell.run("feedback", "import", "given.csv", "--annotator", "ana")
    assert "Line 3: The user_label is none of negative, neutral, positive." in err
    assert "Line 4: Give a 'text' or a 'post_id'." in err
    assert "Line 5: The emotion is none of anger," in err
    assert err.splitlines()[-1] == "2 items kept, 0 known already, 3 refused."
    assert shell.json("feedback", "import", "given.csv", "--annotator", "ana") == {
        "kept": 0,
        "known": 2,
        "refused": 3,
    }
    assert [
        (item["text"], item["user_label"], item["origin"], item["annotator"]) for item in listed(shell)
    ] == [
        ("fine", "neutral", "import", "ana"),
        ("the update is sick", "positive", "import", "ana"),
    ]
    assert "the update is sick" in shell.run("feedback", "list")[0]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_what_is_exported_and_imported_again_is_the_same(shell: Shell, database: Database, form: str) -> None:
    Path("given.jsonl").write_text(
        "".join(
            json.dumps(row) + "\n"
            for row in (
                {"text": "=2+2 is not, a formula", "user_label": "neutral", "annotator": "ana"},
                {"text": "two\nlines", "user_label": "negative", "emotion": "anger", "model": "minilm@1",
                 "model_prediction": "Positive", "created_at": "2026-11-01T12:00:00Z"},
                {"text": "drawn", "user_label": "positive", "origin": "random", "sampling_probability": 0.25},
                {"text": "drawn", "user_label": "negative", "annotator": "eve", "adjudicates": True},
            )
        )
    )  # fmt: skip
    assert shell.json("feedback", "import", "given.jsonl")["kept"] == 4
    before = listed(shell, "--all")
    frozen = shell.json("feedback", "snapshot")
    shell.run("feedback", "export", "--all", "-o", f"all.{form}")
    with database.transaction() as connection:
        connection.execute("DELETE FROM feedback")
    assert shell.json("feedback", "import", f"all.{form}") == {"kept": 4, "known": 0, "refused": 0}
    after = listed(shell, "--all")
    assert [{**item, "id": 0} for item in after] == [{**item, "id": 0} for item in before]
    assert shell.json("feedback", "snapshot")["hash"] == frozen["hash"]
    assert shell.json("feedback", "import", f"all.{form}")["known"] == 4


def test_a_file_may_name_posts(shell: Shell, database: Database) -> None:
    named = post(1, "by its source")
    values = {name: getattr(named, name) for name in named.__dataclass_fields__}
    write(
        database,
        type(named)(**values | {"key": post_key(SECRET.encode(), "reddit", "7"), "post_id": "7"}),
        post(2, "by our id"),
    )
    Path("posts.csv").write_text(
        f"post_id,user_label\n7,negative\n{key(2)},negative\n8,negative\n{key(3)},negative\n"
    )
    assert shell.json("feedback", "import", "posts.csv") == {"kept": 2, "known": 0, "refused": 2}
    assert {(item["text"], item["model"], item["model_prediction"]) for item in listed(shell)} == {
        ("by its source", "minilm@1", "positive"),
        ("by our id", "minilm@1", "positive"),
    }


def test_a_set_is_frozen_shown_written_and_listed(shell: Shell) -> None:
    lines = [{"text": f"text number {n}", "user_label": "neutral"} for n in range(20)]
    Path("given.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shell.run("feedback", "import", "given.jsonl")
    out, err = shell.run("feedback", "snapshot")
    hash_ = out.strip()
    assert len(hash_) == 64 and err.startswith("20 texts: ")
    facts = shell.json("feedback", "snapshot", hash_, "-o", "set.csv")
    assert facts["items"] == 20 == facts["training"] + facts["held_out"] + facts["leaks"]
    with Path("set.csv").open(encoding="utf-8-sig") as file:
        assert {row["text"] for row in csv.DictReader(file)} == {line["text"] for line in lines}
    assert [one["hash"] for one in shell.json("feedback", "snapshot", "--list")] == [hash_]


def test_two_label_a_queue_and_a_third_settles(shell: Shell, database: Database) -> None:
    assert shell.run("labels", "shares")[0].startswith("No post of the queue `random` is labelled")
    write(database, post(1, "a launch"), post(2, "rain"))
    for annotator, label in (("ana", "negative"), ("ben", "positive")):
        while task := shell.json("labels", "next", "--annotator", annotator):
            said = label if task["content"] == "rain" else "neutral"
            shell.run("labels", "add", str(task["task"]), said, "--annotator", annotator)
    out, err = shell.run("labels", "agreement")
    assert "ana and ben" in out and err.startswith("1 text disputed")
    assert shell.json("labels", "agreement", "--queue", "random")["pairs"][0]["kappa"]["units"] == 2
    assert "ana: negative, ben: positive" in shell.run("labels", "adjudicate")[0]
    (dispute,) = shell.json("labels", "adjudicate")
    shell.run("labels", "adjudicate", str(dispute["feedback"]), "negative", "--annotator", "eve")
    assert "Nothing is disputed." in shell.run("labels", "adjudicate")[0]
    out, err = shell.run("labels", "shares")
    assert "negative   50.0 %" in out and err == "From 2 labelled posts of 2.\n"
    assert shell.json("labels", "shares")["shares"]["neutral"]["value"] == 0.5
    assert {(item["text"], item["user_label"], item["annotator"]) for item in listed(shell)} >= {
        ("rain", "negative", "eve")
    }


def test_a_post_is_passed_over(shell: Shell, database: Database) -> None:
    write(database, post(1, "a launch"))
    out, err = shell.run("labels", "next")
    assert out == "a launch\n" and err.startswith("Task 1; ")
    shell.run("labels", "add", "1", "--skip")
    assert shell.run("labels", "next") == ("", "There is no post to label.\n")
    shell.run("labels", "add", "1", code=2)
    shell.run("labels", "adjudicate", "1", code=2)


def test_labels_are_taken_back_from_the_shell(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_text("text,user_label,annotator\nfine,negative,ben\ngreat,negative,ben\nso so,neutral,ana\n")
    shell.run("feedback", "import", str(path))
    (first, *_) = (one["id"] for one in shell.json("feedback", "list")["data"] if one["annotator"] == "ben")
    assert shell.json("feedback", "withdraw", str(first)) == {"withdrawn": 1}
    _, told = shell.run("feedback", "withdraw", "--annotator", "ben", "--from", "2020-01-01")
    assert told == "1 item taken back.\n"
    assert [one["annotator"] for one in shell.json("feedback", "list")["data"]] == ["ana"]
    shell.run("feedback", "withdraw", code=1)
