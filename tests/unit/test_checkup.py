"""What the doctor says of those who read the posts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from groundswell.checkup import State, _workers
from groundswell.store.presence import Process

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def worker(**state: object) -> Process:
    calm = {"stalled_seconds": 0.2, "outage": None, "brake": False}
    return Process(
        id="host:worker-1",
        role="worker",
        host="host",
        pid=1,
        version="1",
        started_at=NOON,
        state={**calm, **state},
    )


@pytest.mark.parametrize(
    ("workers", "oldest_seconds", "state", "says", "advice"),
    [
        ([worker()], 5, "good", "1 at work; 7 posts wait, the oldest for 5 s", ""),
        ([], 5, "warning", "none is at work", "groundswell worker"),
        ([], 61, "bad", "none is at work; 7 posts wait, the oldest for 61 s", "groundswell worker"),
        ([worker(), worker(stalled_seconds=61)], 61, "bad", "host:worker-1 hangs", "Stop it"),
        (
            [worker(outage="The database is away.")],
            61,
            "warning",
            "The database is away.",
            "Start the server",
        ),
        ([worker(brake=True)], 61, "warning", "parked too many posts", "groundswell parked list"),
    ],
)
def test_what_keeps_posts_waiting_is_said_with_what_to_do(
    workers: list[Process], oldest_seconds: float, state: State, says: str, advice: str
) -> None:
    found = _workers(workers, backlog=7, oldest_seconds=oldest_seconds)
    assert found.state == state
    assert says in found.says
    assert advice in found.advice and bool(advice) == bool(found.advice)


def test_a_quiet_system_is_well() -> None:
    found = _workers([worker()], backlog=0, oldest_seconds=0)
    assert (found.state, found.says) == ("good", "1 at work; no post waits")
