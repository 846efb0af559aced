"""Promises 1 and 2: whatever is killed, no accepted post is lost and none is counted twice.

The mutants prove that the test can fail: each breaks one line of the protocol, and each must be caught.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.acceptance.chaos import CRASH, Change, History, Verdict, mutated, run_chaos
from tests.system import System, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

ENVIRONMENT = {
    "GROUNDSWELL_MODEL": "vader",  # the model is not what is on trial
    "GROUNDSWELL_CLAIM_IDLE_SECONDS": "3",
    "GROUNDSWELL_BATCH": "50",
    "GROUNDSWELL_FAILPOINT": f"on_text:{CRASH}",
}


def torture(
    folder: Path, seed: int, seconds: float, extra: dict[str, str] | None = None
) -> tuple[Verdict, History]:
    """Run the chaos in a fresh installation and make sure that nothing of it is left behind."""
    system = System(
        folder / "data", arguments=("--workers", "2"), environment={**ENVIRONMENT, **(extra or {})}
    )
    with system:
        verdict, history = run_chaos(system, seed, seconds)
    until(lambda: not list(system.family()), what="the end of every process")
    sys.stderr.write(
        f"seed {seed}: {len(history.accepted)} accepted, {len(history.unknown)} unknown, {history.kills}\n"
    )
    return verdict, history


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_and_nothing_counted_twice_under_random_kills(folder: Path, seed: int) -> None:
    verdict, history = torture(folder, seed, 30)
    assert verdict.violations == {}
    assert len(history.accepted) > 300
    assert sum(history.kills.values()) > 10


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_ten_minutes_of_chaos(folder: Path) -> None:
    verdict, _ = torture(folder, 3, 600)
    assert verdict.violations == {}


MUTANTS = {
    "ack before commit": [
        Change(
            "stream/consumer.py",
            "settlements = self._handler.handle(batch, self._alive)",
            "self._settler.settle([Settlement(entry_id=each.entry_id, outcome='stored') for each in batch])\n"
            "            settlements = self._handler.handle(batch, self._alive)",
        )
    ],
    "upsert instead of do-nothing": [
        Change(
            "analysis/handler.py",
            "known = self._known([post for _, post in entries.values()])",
            "known: dict[UUID, Outcome] = {}",
        ),
        Change("store/sql/posts.sql", "known.revision < excluded.revision", "true"),
        Change(
            "store/posts.py",
            "    for post in old.values():\n        deltas.add(post.counted, -1)\n",
            "",
        ),
    ],
    "no reclaim": [
        Change(
            "stream/claim.py",
            "idle = int(idle_seconds * 1000)\n",
            "return Taken(deliveries=[], vanished=0)\n        idle = int(idle_seconds * 1000)\n",
        )
    ],
}
CAUGHT_BY = {
    "ack before commit": {"lost"},
    "upsert instead of do-nothing": {"twice", "ledger"},
    "no reclaim": {"not_drained"},
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_is_caught(folder: Path, name: str) -> None:
    verdict, _ = torture(folder, 1, 20, mutated(folder / "mutant", MUTANTS[name]))
    assert set(verdict.violations) & CAUGHT_BY[name], json.dumps(verdict.violations, default=str)[:2000]
