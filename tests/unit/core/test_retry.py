"""Waits after trouble."""

import random

from groundswell.core.retry import Backoff


def test_waits_double_up_to_a_limit_with_jitter() -> None:
    backoff = Backoff(first=1, most=8, rng=random.Random(1))
    waits = [backoff.wait() for _ in range(6)]
    for wait, whole in zip(waits, (1, 2, 4, 8, 8, 8), strict=True):
        assert whole / 2 <= wait <= whole
    backoff.reset()
    assert backoff.wait() <= 1
