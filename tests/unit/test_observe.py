"""Counters that follow books, and log lines of libraries."""

from __future__ import annotations

import json
import logging

import pytest

from groundswell.observe import Metrics, adopt_libraries, masked

NAME = "groundswell_settled_total"


def value(metrics: Metrics, outcome: str) -> float | None:
    return metrics.registry.get_sample_value(NAME, {"outcome": outcome})


def test_a_counter_follows_books_and_never_goes_back() -> None:
    metrics = Metrics()
    for total in (5, 7, 7, 3, 8):
        metrics.follow(NAME, total, outcome="stored")
    metrics.follow(NAME, 2, outcome="parked")
    assert value(metrics, "stored") == 8
    assert value(metrics, "parked") == 2


def test_warnings_of_libraries_look_like_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    monkeypatch.setattr(logging.getLogger("psycopg.pool"), "level", logging.NOTSET)
    adopt_libraries("INFO", "json", "worker")
    assert logging.lastResort is not None
    record = logging.LogRecord("library", logging.WARNING, __file__, 1, "two\nlines %s", ("here",), None)
    logging.lastResort.handle(record)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("two\nlines here", "warning", "library")
    assert line["role"] == "worker"


SECRETS = [
    ("key gsk_ab12_" + "c" * 64 + " refused", "key … refused"),
    ("Authorization: Bearer swordfish", "Authorization: Bearer …"),
    ("GET /api/v1/live?ticket=abc-DEF_1&rate=2", "GET /api/v1/live?ticket=…&rate=2"),
    ("groundswell_session=abc; Path=/", "groundswell_session=…; Path=/"),
    ("postgresql://me:hush@db.example/mood", "postgresql://…@db.example/mood"),
    ("duplicate key\nDETAIL:  Key (content)=(I hate it) exists.", "duplicate key\nDETAIL: …"),
    (
        "[type=string, input_value='I hate it', input_type=str]",
        "[type=string, input_value=…, input_type=str]",
    ),
    ("nothing to hide", "nothing to hide"),
]


@pytest.mark.parametrize(("said", "logged"), SECRETS)
def test_secrets_and_what_people_wrote_are_masked_wherever_they_stand(said: str, logged: str) -> None:
    assert masked(said) == logged
    assert masked({"deep": [said], "author": "Ana"}) == {"deep": [logged], "author": "…"}
