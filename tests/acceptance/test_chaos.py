"""Promises 1 and 2: whatever is killed, no accepted post is lost and none is counted twice.

The mutants prove that the test can fail: each breaks one line of the protocol, and each must be caught.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.chaos import CRASH, History, Verdict, mutated, run_chaos
from tests.system import System, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

ENVIRONMENT = {
    "GROUNDSWELL_CLAIM_IDLE_SECONDS": "3",
    "GROUNDSWELL_BATCH": "50",
    "GROUNDSWELL_FAILPOINT": f"on_text:{CRASH}",
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, for the sockets."""
    import shutil
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="gs-chaos-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def torture(
    folder: Path, seed: int, seconds: float, extra: dict[str, str] | None = None
) -> tuple[Verdict, History]:
    """Run the chaos in a fresh installation and make sure that nothing of it is left behind."""
    drain = 15 if extra else 60
    system = System(
        folder / "data", arguments=("--workers", "2"), environment={**ENVIRONMENT, **(extra or {})}
    )
    with system:
        verdict, history = run_chaos(system, seed, seconds, drain)
    until(lambda: not list(system.family()), 15, "the end of every process")
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
@pytest.mark.timeout(1500)
def test_ten_minutes_of_chaos(folder: Path) -> None:
    verdict, _ = torture(folder, 3, 600)
    assert verdict.violations == {}


MUTANTS = {
    "ack before commit": ("analysis/handler.py", "TO BE NAMED", "", {"lost", "ledger", "not_drained"}),
    "upsert instead of do-nothing": ("store/posts.sql", "TO BE NAMED", "", {"twice", "ledger"}),
    "no reclaim": ("stream/consumer.py", "TO BE NAMED", "", {"not_drained", "lost"}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_is_caught(folder: Path, name: str) -> None:
    file, original, mutant, expected = MUTANTS[name]
    verdict, _ = torture(folder, 1, 20, mutated(folder / "mutant", file, original, mutant))
    assert set(verdict.violations) & expected, json.dumps(verdict.violations, default=str)[:2000]
