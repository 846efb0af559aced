"""A back-test says of stored history what the watcher would have said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.alerts import COMPLAINTS, NOON, World

from groundswell.alerts.backtest import backtest
from groundswell.core.alert import Rule

HOUR = timedelta(hours=1)


def test_a_rule_that_is_off_or_muted_is_tested_on_history_as_if_it_were_not(world: World) -> None:
    world.store(world.make(NOON - HOUR, 60, 10, 0.2))
    world.store(world.make(NOON, 15, 15, 1.0, texts=COMPLAINTS))
    rule = Rule(name="r", type="negative_share")
    with world.database.reading() as connection:
        (plain,) = backtest(connection, rule, NOON - HOUR, NOON + HOUR)
        for change in ({"enabled": False}, {"muted_until": NOON + timedelta(days=9)}):
            assert backtest(connection, replace(rule, **change), NOON - HOUR, NOON + HOUR) == [plain]


def test_a_back_test_ends_an_incident_whose_posts_ceased(world: World) -> None:
    world.store(world.make(NOON, 10, 15, 1.0, texts=COMPLAINTS))
    world.store(world.make(NOON + 4 * HOUR, 10, 15, 1.0, texts=COMPLAINTS))
    with world.database.reading() as connection:
        found = backtest(connection, Rule(name="r", type="negative_share"), NOON, NOON + 5 * HOUR)
    first, _ = found
    assert first.resolved_at is not None
    assert HOUR < first.resolved_at - first.opened_at < 2 * HOUR
