"""What commands show."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime

import pytest

from groundswell.cli.output import (
    MOST_SENTENCES,
    Sentences,
    counted,
    progress,
    show_json,
    show_list,
    show_table,
)


def test_tables_show_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([{"id": 1, "text": "[bold]not markup[/bold]", "none": None}], nothing="no")
    show_table([], nothing="Nothing is here.")
    out = capsys.readouterr().out
    assert "[bold]not markup[/bold]" in out and "None" not in out
    assert out.endswith("Nothing is here.\n")


def test_json_has_times_in_utc_and_lists_their_metadata(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"at": datetime(2026, 3, 1, tzinfo=UTC)}, lines=True)
    show_list([1], total=3, limit=1, offset=0)
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first == '{"at":"2026-03-01T00:00:00Z"}'
    assert json.loads(rest) == {"data": [1], "metadata": {"total": 3, "limit": 1, "offset": 0}}


def test_many_sentences_are_counted_instead_of_shown(capsys: pytest.CaptureFixture[str]) -> None:
    sentences = Sentences()
    for number in range(MOST_SENTENCES + 5):
        sentences(f"sentence {number}")
    sentences.close()
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == MOST_SENTENCES + 1 and shown[-1] == "… and 5 more like these."
    assert sentences.count == MOST_SENTENCES + 5


def test_numbers_and_nouns_agree() -> None:
    assert [counted(number, "row") for number in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, something in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress("posts.csv") as show:
            show(1, None)
            show(1234, 0.5)
        assert bool(stream.getvalue()) == something
