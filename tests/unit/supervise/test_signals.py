"""Waking the main thread."""

from __future__ import annotations

from groundswell.supervise.signals import Signals


def test_a_part_that_ends_late_wakes_nobody_and_breaks_nothing() -> None:
    with Signals() as signals:
        signals.wake()
        assert not signals.wait(5)  # woken, but not told to stop
    signals.wake()
