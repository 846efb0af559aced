"""Counters that follow books, and log lines of libraries."""

from __future__ import annotations

import json
import logging

import pytest

from groundswell.observe import Metrics, adopt_libraries

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
    adopt_libraries("INFO", "json")
    assert logging.lastResort is not None
    record = logging.LogRecord("library", logging.WARNING, __file__, 1, "two\nlines %s", ("here",), None)
    logging.lastResort.handle(record)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("two\nlines here", "warning", "library")
