"""How long a test waits for what must come, and the one way to wait for it.

A wait that is over when its condition holds costs nothing by being long, and a machine that is busy
with other things takes many times longer than a quiet one. So no test fails because it was slow: how
fast something must be is said in `benchmarks/`, and proved here with a clock of the test's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 90.0
"""Seconds; what has not come by then does not come."""


def await_that(
    condition: Callable[[], object], seconds: float = PATIENCE, *, what: str = "it", every: float = 0.02
) -> None:
    """Wait until `condition` holds; fail when it does not within `seconds`, or `PATIENCE` if that is longer."""
    patience = max(seconds, PATIENCE)
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {patience:.0f} s")
        time.sleep(every)
