"""As whom PostgreSQL runs is found out by trial, never guessed."""

from __future__ import annotations

import pytest

from groundswell.core.errors import CannotStart
from groundswell.embedded import identity
from groundswell.embedded.identity import Identity, can


def test_a_trial_says_what_works_and_what_does_not() -> None:
    assert can(Identity(), "true")
    assert not can(Identity(), "false")
    assert not can(Identity(prefix=("no-such-program",)), "true")


def test_a_trial_that_does_not_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "TRIAL_SECONDS", 0.05)
    with pytest.raises(CannotStart, match="`sleep 60` did not end"):
        can(Identity(), "sleep", "60")
