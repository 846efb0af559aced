"""What the command says and how it exits when something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groundswell", *arguments],
        cwd=folder,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "says"),
    [
        (["predict", "hello", "--model", "nope"], {}, 2, "There is no model named 'nope'"),
        (["predict", "hello"], {"GROUNDSWELL_TYPO": "1"}, 2, "There is no setting GROUNDSWELL_TYPO"),
        (["doctor"], {"PORT": "eighty"}, 2, "The setting PORT is wrong"),
        (["predict", " "], {}, 1, "The text is empty."),
        (["evaluate", "--data", "nowhere.tsv", "--model", "vader"], {}, 1, "nowhere.tsv"),
        (["up", "--source", "blusky", "--data-dir", "kept"], {}, 2, "There is no source 'blusky'"),
        (["up", "--source", "file:no.csv", "--data-dir", "kept"], {}, 1, "There is no file no.csv"),
        (["doctor", "--ledger"], {}, 1, "No Groundswell is running"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_the_code_says_whose_fault_it_is(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], code: int, says: str
) -> None:
    done = run(tmp_path, *arguments, **settings)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code
    assert not (tmp_path / "kept").exists()


def test_a_database_that_is_away_is_told_in_our_words_with_advice(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = run(tmp_path, "doctor", **away)
    assert done.returncode == 1
    assert "pool-1" not in done.stderr
    assert (
        done.stdout.count("Start the server, or correct its address") == 4
    )  # both servers, asked twice each
    assert "BAD  database: The database does not answer" in done.stdout


def test_the_doctor_has_the_model_of_the_settings_read_or_says_how_to_get_it(tmp_path: Path) -> None:
    assert "ok   model: tfidf@1 reads positive" in run(tmp_path, "doctor", PRELOAD_MODEL="tfidf").stdout
    done = run(tmp_path, "doctor", GROUNDSWELL_MODEL="cardiffnlp")
    assert done.returncode == 1 and "groundswell models pull twitter-roberta" in done.stdout
