"""`groundswell ingest`, `topics` and `parked` against real servers that are given by their URLs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.journey import SECRET, STREAM, Journey
from tests.patience import PATIENCE, await_that

from groundswell.core.clock import SystemClock
from groundswell.core.door import Rules, check
from groundswell.core.incoming import RawPost
from groundswell.store import parked
from groundswell.stream.entry import FIELD_NAMES, encode

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Shell:
    """Runs commands as a person would."""

    def __init__(self, journey: Journey) -> None:
        given = {
            "DATABASE_URL": journey.database_url,
            "REDIS_URL": journey.redis_url,
            "GROUNDSWELL_PSEUDONYM_KEY": SECRET.decode(),
        }
        self.environment = {**os.environ, **given}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "groundswell", *arguments],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, text: str = "", code: int = 0) -> tuple[str, str]:
        """Run to the end and return what it printed to standard output and standard error."""
        process = self.start(*arguments)
        out, err = process.communicate(text, timeout=PATIENCE)
        assert process.returncode == code, err
        assert "Traceback" not in err
        return out, err

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json")[0])


@pytest.fixture
def shell(journey: Journey) -> Shell:
    return Shell(journey)


def lines(*numbers: int) -> str:
    return "".join(json.dumps({"id": n, "text": f"post {n} is good"}) + "\n" for n in numbers)


# ingest


def test_a_file_is_read_once_and_resumed(shell: Shell, journey: Journey, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(lines(1, 2) + "oops\n" + lines(3))
    _, err = shell.run("ingest", f"file:{path}", "--once")
    assert err.splitlines()[-2:] == [f"3 posts read from file:{path}.", "1 row passed over, as said above."]
    assert f"Line 3 of {path} is not JSON" in err
    assert journey.ledger().added == 3
    assert shell.json("ingest", f"file:{path}", "--once") == {
        "source": f"file:{path}",
        "accepted": 0,
        "rejected": 0,
        "passed_over": 0,
        "first_error": None,
    }
    with path.open("a") as file:
        file.write(lines(4))
    assert shell.json("ingest", f"file:{path}", "--once")["accepted"] == 1
    _, err = shell.run("ingest", f"file:{path}", "--once")
    assert err == f"Nothing new in file:{path} since it was last read.\n"


def test_columns_are_mapped_and_what_the_door_refuses_is_counted(shell: Shell, journey: Journey) -> None:
    text = '{"a": "1", "b": "hello"}\n{"a": "2", "b": "bad\\u0000"}\n'
    out, _ = shell.run(
        "ingest", "file:-", "--map", "post_id=a,content=b", "--as", "shop", "--json", text=text
    )
    done = json.loads(out)
    assert (done["accepted"], done["rejected"]) == (1, 1)
    assert "NUL" in done["first_error"]
    with journey.working():
        await_that(journey.is_idle)
    assert journey.contents() == {"1": "hello"}


def test_a_followed_file_ends_when_asked_to(
    shell: Shell, journey: Journey, tmp_path: Path, eventually: Callable[[Callable[[], object], float], None]
) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(lines(1))
    process = shell.start("ingest", f"file:{path}")
    eventually(lambda: journey.ledger().added == 1, 30)
    with path.open("a") as file:
        file.write(lines(2))
    eventually(lambda: journey.ledger().added == 2, 10)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err.endswith(f"2 posts read from file:{path}.\n")
    assert shell.json("ingest", f"file:{path}", "--once")["accepted"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("file:nowhere.jsonl",), 1, "There is no file nowhere.jsonl."),
        (("reddit:ucla",), 1, "The source 'reddit' is not built yet"),
        (("synthetic", "--speed", "2"), 2, "are for files"),
        (("synthetic", "--rate", "0"), 2, "--rate must be more than 0"),
        (("file:-", "--map", "content"), 2, "FIELD=COLUMN"),
        (("file:-", "--map", "txt=a"), 2, "is no field of a post"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    _, err = shell.run("ingest", *arguments, code=code)
    assert sentence in err.splitlines()[-1] and err.splitlines()[-1].startswith("groundswell: ")


def test_without_servers_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "groundswell", "ingest", "synthetic", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "No Groundswell is running in this data folder" in done.stderr


# topics


def test_topics_are_added_changed_listed_and_removed(shell: Shell) -> None:
    assert shell.run("topics", "list")[0] == "No topics yet; `groundswell topics add` makes one.\n"
    made = shell.json("topics", "add", "launch", "--any", "launch,lift off", "--none", "rehearsal")
    assert (made["name"], made["any"], made["none"]) == ("launch", ["launch", "lift off"], ["rehearsal"])
    assert made["matched_since"] is not None
    changed = shell.json("topics", "edit", "launch", "--all", "rocket", "--none", "")
    assert (changed["id"], changed["any"], changed["all"], changed["none"]) == (
        made["id"],
        ["launch", "lift off"],
        ["rocket"],
        [],
    )
    shell.run("topics", "edit", str(made["id"]), "--name", "start")
    listed = shell.json("topics", "list")
    assert [topic["name"] for topic in listed["data"]] == ["start"]
    assert listed["metadata"] == {"total": 1, "limit": 100, "offset": 0}
    out, _ = shell.run("topics", "list")
    assert "launch, lift off" in out and "rocket" in out
    assert "no longer tracked" in shell.run("topics", "remove", "start")[1]
    assert shell.json("topics", "list")["data"] == []


def test_topics_that_cannot_be_are_refused_in_a_sentence(shell: Shell) -> None:
    shell.run("topics", "add", "launch", "--any", "launch")
    for arguments, sentence in (
        (("add", "launch", "--any", "x"), "There is already a topic named 'launch'"),
        (("add", "empty"), "needs at least one term under 'any' or 'all'"),
        (("edit", "launch", "--any", ""), "needs at least one term under 'any' or 'all'"),
        (("edit", "nothing", "--any", "x"), "There is no topic 'nothing'"),
        (("remove", "7"), "There is no topic '7'"),
    ):
        assert sentence in shell.run("topics", *arguments, code=1)[1]


# parked


def park(journey: Journey, number: int) -> None:
    """Park a good post, as if a bad release had failed on it."""
    raw = RawPost(
        fields={"post_id": f"p{number}", "source": "test", "content": f"post {number} is wonderful"}
    )
    values = encode(check(raw, SystemClock().now(), Rules(secret=SECRET)))
    with journey.database.transaction() as connection:
        parked.park(
            connection,
            dict(zip(FIELD_NAMES, values, strict=True)),
            entry_id=f"1-{number}",
            reason="failed",
            error="a bad release",
            deliveries=5,
            at=NOW,
        )


def test_parked_posts_are_listed_shown_retried_and_dropped(shell: Shell, journey: Journey) -> None:
    assert shell.run("parked", "list")[0] == "Nothing is parked.\n"
    for number in (1, 2, 3):
        park(journey, number)
    listed = shell.json("parked", "list", "--limit", "2")
    assert listed["metadata"]["total"] == 3
    newest = listed["data"][0]
    assert newest["fields"]["body"]["content"] == "post 3 is wonderful"
    assert (newest["reason"], newest["error"], newest["deliveries"]) == ("failed", "a bad release", 5)
    out, err = shell.run("parked", "list", "--limit", "2")
    assert "a bad release" in out and "wonderful" not in out
    assert "2 of 3; --offset 2 shows more." in err
    out, _ = shell.run("parked", "show", str(newest["id"]))
    assert "post 3 is wonderful" in out and "a bad release" in out
    assert "1 of 1 sent again." in shell.run("parked", "retry", str(newest["id"]))[1]
    assert int(journey.redis.xlen(STREAM)) == 1
    assert "2 of 2 dropped." in shell.run("parked", "drop", "--all")[1]
    assert shell.json("parked", "list")["data"] == []
    states = [row["state"] for row in shell.json("parked", "list", "--state", "all")["data"]]
    assert sorted(states) == ["dropped", "dropped", "retried"]


def test_decisions_that_cannot_be_are_said_and_the_others_are_taken(shell: Shell, journey: Journey) -> None:
    park(journey, 1)
    number = str(shell.json("parked", "list")["data"][0]["id"])
    _, err = shell.run("parked", "drop", "999", number, code=1)
    assert "There is no parked post 999." in err and "1 of 2 dropped." in err
    assert f"The parked post {number} was already dropped." in shell.run("parked", "retry", number, code=1)[1]
    assert "Give numbers, or --all." in shell.run("parked", "retry", code=2)[1]
    assert "There is no parked post 999." in shell.run("parked", "show", "999", code=1)[1]


# export


def test_export_writes_what_is_stored(shell: Shell, journey: Journey, tmp_path: Path) -> None:
    with journey.working():
        shell.run("ingest", "file:-", "--once", text=lines(*range(30)))
        await_that(journey.is_idle)
    out, _ = shell.run("export")
    assert {json.loads(line)["content"] for line in out.splitlines()} == set(journey.contents().values())
    _, said = shell.run("export", "posts", "-o", str(tmp_path / "p.csv"), "--q", '"post 7"')
    assert "1 row written" in said and "post 7 is good" in (tmp_path / "p.csv").read_text("utf-8-sig")
    shell.run("export", "timeline", "-o", str(tmp_path / "t.xlsx"), "--hours", "1", "--period", "minute")
    shell.run("export", "distribution", "-o", str(tmp_path / "d.parquet"))
    assert {path.name for path in tmp_path.iterdir()} == {"p.csv", "t.xlsx", "d.parquet"}
    _, refusal = shell.run("export", "-o", str(tmp_path / "x.pdf"), code=1)
    assert "known are .csv" in refusal
