from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from groundswell.api.counting import PredictionCounter
from groundswell.core.clock import ManualClock
from groundswell.core.errors import StoreUnavailable
from groundswell.core.mood import Reading, Sentiment
from groundswell.observe import Metrics
from groundswell.store.predictions import PredictionCount

MINUTE = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
NICE = Reading(scores=(0.0, 0.1, 0.9), model_used="m@1")
BAD = Reading(scores=(0.9, 0.1, 0.0), model_used="m@1", fallback_used=True)


class Saved:
    """Where counts go; may be away."""

    def __init__(self) -> None:
        self.rows: list[tuple[datetime, PredictionCount]] = []
        self.is_away = False

    def __call__(self, minute: datetime, rows: Sequence[PredictionCount]) -> None:
        if self.is_away:
            raise StoreUnavailable
        self.rows += [(minute, row) for row in rows]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MINUTE.replace(second=59))


def row(sentiment: Sentiment, n: int, total_ms: Any, *, fallback: bool = False) -> PredictionCount:
    return PredictionCount(model="m@1", sentiment=sentiment, fallback=fallback, n=n, total_ms=total_ms)


def test_counts_are_kept_by_minute_model_sentiment_and_fallback(clock: ManualClock) -> None:
    saved = Saved()
    counter = PredictionCounter(saved, clock=clock, metrics=Metrics())
    counter.add([NICE, NICE, BAD], seconds=0.003)
    clock.advance(1)
    counter.add([NICE], seconds=0.5)
    counter.flush()

    later = MINUTE.replace(minute=31)
    expected = [
        (MINUTE, row("positive", 2, pytest.approx(2.0))),
        (MINUTE, row("negative", 1, pytest.approx(1.0), fallback=True)),
        (later, row("positive", 1, pytest.approx(500.0))),
    ]
    assert saved.rows == expected
    counter.flush()
    assert len(saved.rows) == 3


def test_an_outage_loses_nothing_and_doubles_nothing(clock: ManualClock) -> None:
    saved = Saved()
    counter = PredictionCounter(saved, clock=clock, metrics=Metrics())
    saved.is_away = True
    counter.add([NICE], seconds=0.001)
    counter.flush()
    counter.add([NICE], seconds=0.001)
    counter.flush()
    saved.is_away = False
    counter.flush()
    assert saved.rows == [(MINUTE, row("positive", 2, pytest.approx(2.0)))]


def test_counts_kept_through_an_outage_are_bounded(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.api.counting.MAX_KEPT", 3)
    saved = Saved()
    counter = PredictionCounter(saved, clock=clock, metrics=Metrics())
    saved.is_away = True
    for _ in range(5):
        counter.add([NICE], seconds=0.001)
        clock.advance(60)
        counter.flush()
    saved.is_away = False
    counter.flush()
    assert [minute.minute for minute, _ in saved.rows] == [32, 33, 34]


def test_the_thread_saves_by_itself_and_at_the_end(
    clock: ManualClock, eventually: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.api.counting.FLUSH_SECONDS", 0.01)
    saved = Saved()
    counter = PredictionCounter(saved, clock=clock, metrics=Metrics())
    counter.start()
    counter.add([NICE], seconds=0.001)
    eventually(lambda: saved.rows)
    counter.add([BAD], seconds=0.001)
    counter.stop()
    assert [one.sentiment for _, one in saved.rows] == ["positive", "negative"]
