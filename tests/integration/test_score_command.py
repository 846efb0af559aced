"""`groundswell score` and `predict` as people run them: pipes, exit codes, and a kill in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "groundswell")


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )


def test_predict_reads_a_text() -> None:
    done = run("predict", "What a wonderful morning")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("positive") and "What a wonderful morning" in done.stdout


def test_predict_reads_lines_and_answers_as_the_api_does() -> None:
    done = run("predict", "--json", "--explain", "--model", "vader", text="I love it\n\nI hate it\n")
    love, hate = (json.loads(line) for line in done.stdout.splitlines())
    assert (love["text"], love["sentiment"], hate["sentiment"]) == ("I love it", "positive", "negative")
    assert set(love) == {
        "text", "sentiment", "label", "confidence", "scores", "emotion", "emotions", "model", "model_used",
        "fallback_used", "processing_time_ms", "timestamp", "attributions",
    }  # fmt: skip
    assert sum(love["scores"].values()) == pytest.approx(1)
    assert love["timestamp"].endswith("Z")
    assert [one["token"] for one in love["attributions"]] == ["I", "love", "it"]


def test_an_unknown_model_is_one_sentence() -> None:
    done = run("predict", "x", "--model", "nobody")
    assert done.returncode == 2
    assert done.stderr.startswith("groundswell: There is no model named 'nobody'")
    assert done.stderr.count("\n") == 1


def test_score_pipes() -> None:
    done = run("score", "-", "-o", "-", text='{"text": "I love it", "id": 7}\n')
    assert json.loads(done.stdout)["id"] == 7
    assert json.loads(done.stdout)["sentiment"] == "positive"
    assert done.stderr == "1 row scored with minilm@1 into standard output.\n"


def test_score_sums_up_for_machines(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nx\n")
    done = run("score", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--json")
    assert json.loads(done.stdout)["rows"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--engine", "ray"), 1, "The engine 'ray' is not built yet; use --engine local."),
        (("--engine", "steam"), 2, "There is no engine 'steam'"),
        (("--text-column", "y"), 1, "There is no column 'y'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    (tmp_path / "in.csv").write_text("text\nx\n")
    done = run("score", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), *arguments)
    assert done.returncode == code
    assert sentence in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_many_bad_rows_are_counted_and_not_all_shown(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "x"}\n' + "oops\n" * 100)
    done = run("score", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.csv"), "--skip-bad")
    assert done.returncode == 0
    assert "… and 80 more like these." in done.stderr
    assert "1 row scored with minilm@1" in done.stderr and "(100 left out)" in done.stderr


def test_a_killed_score_continues(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "id,text\n" + "".join(f"{n},I love number {n} but not the rest\n" for n in range(30_000))
    )
    state = tmp_path / "out.csv.partial.state"
    command = ("score", str(source), "-o", str(target), "--model", "vader")
    process = subprocess.Popen([*COMMAND, *command], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (state.exists() and json.loads(state.read_bytes())["state"]["rows"] > 2000):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert not target.exists()
    done = run(*command, "--json")
    summary = json.loads(done.stdout)
    assert summary["rows"] == 30_000 and summary["resumed"] > 2000
    lines = target.read_text().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [str(n) for n in range(30_000)]
