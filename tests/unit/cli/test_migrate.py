"""`groundswell migrate` waits for a database that is starting, but not for ever."""

from datetime import UTC, datetime

import pytest

from groundswell.cli import migrate
from groundswell.core.clock import ManualClock
from groundswell.core.errors import StoreUnavailable


def _answering_at_attempt(number: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    attempts: list[str] = []

    def bring_up_to_date(url: str) -> None:
        attempts.append(url)
        if len(attempts) < number:
            raise StoreUnavailable

    monkeypatch.setattr(migrate, "bring_up_to_date", bring_up_to_date)
    return attempts


def test_a_database_that_is_starting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = _answering_at_attempt(4, monkeypatch)
    migrate._migrate("url", 60, ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    assert len(attempts) == 4


def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = _answering_at_attempt(10_000, monkeypatch)
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(StoreUnavailable):
        migrate._migrate("url", 60, clock)
    assert clock.monotonic() <= 60
    assert 5 < len(attempts) < 100
