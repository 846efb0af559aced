"""What `up` asks before it opens the door."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from groundswell.core.errors import BadSettings
from groundswell.roles import up
from groundswell.settings import load_settings

Done = subprocess.CompletedProcess[str]


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        ({"host": "127.0.0.1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "127.0.0.1", "admin_key": "k" * 20}, True),
        ({"host": "0.0.0.0"}, True),  # noqa: S104 - that it is asked about is what is tested
    ],
)
def test_only_what_others_may_reach_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], asks: bool
) -> None:
    asked: list[object] = []

    def run(*arguments: object, **_: object) -> Done:
        asked.append(arguments)
        return Done(args=(), returncode=0)

    monkeypatch.setattr(up, "run", run)
    up._refuse_open(load_settings(data_dir=tmp_path, **given))
    assert bool(asked) == asks


def test_a_refusal_is_said_in_the_words_of_the_one_who_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "a warning\ngroundswell: A key is needed.\n"
    monkeypatch.setattr(up, "run", lambda *_, **__: Done(args=(), returncode=2, stderr=said))
    with pytest.raises(BadSettings, match=r"^A key is needed\.$"):
        up._refuse_open(load_settings(data_dir=tmp_path, host="0.0.0.0"))  # noqa: S104


def test_a_machine_too_slow_to_answer_refuses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> Done:
        raise subprocess.TimeoutExpired(cmd="keys check", timeout=60)

    monkeypatch.setattr(up, "run", run)
    up._refuse_open(load_settings(data_dir=tmp_path, host="0.0.0.0"))  # noqa: S104
