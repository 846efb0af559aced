"""What is usual is learnt from days that were listened to, and a surge is explained by all its posts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.alerts import NOON, World

from groundswell.alerts.again import again
from groundswell.alerts.evidence import Moment, gather
from groundswell.core.alert import Rule
from groundswell.store import collection

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
VOLUME = Rule(name="r", type="volume", threshold=2)


@pytest.mark.parametrize("missing", [0, 2])
def test_days_on_which_posts_were_missing_are_not_compared_with(world: World, missing: int) -> None:
    """Where nobody listened on most days, their median would be nothing, and a usual day a surge."""
    for day in range(1, 6):
        start = NOON - timedelta(days=day)
        world.store(world.make(start, 20, 1 if day <= missing else 10, 0.2))
        if day <= missing:
            with world.database.transaction() as connection:
                collection.log(connection, source="file:x", kind="gap", start=start, end=start + 20 * MINUTE)
    world.store(world.make(NOON, 20, 10, 0.2))
    watcher = world.watcher()
    watcher.tick()
    world.only(VOLUME)
    world.clock.advance(15 * 60)
    with world.database.reading() as connection:
        found = gather(connection, VOLUME, Moment(watermark=world.clock.now()))
    assert len(found.past_days) == 5 - missing
    assert set(found.past_days) == {50}


def test_an_alert_of_volume_says_what_the_posts_are_about_and_the_same_again_later(world: World) -> None:
    """Whatever their mood; and also when the minute that was under way is full."""
    for day in range(1, 5):
        world.store(world.make(NOON - timedelta(days=day) - HOUR, 80, 5, 0.2))
    usual = world.make(NOON - HOUR, 90, 5, 0.2, texts=("a walk in the park", "coffee with friends"))
    surge = world.make(NOON, 10, 40, 0.2, texts=("the launch is today", "what a launch", "launch it"))
    world.store([*usual, *surge])
    watcher = world.watcher()
    watcher.tick()
    world.only(Rule(name="r", type="volume", threshold=3))
    world.watch([watcher], 5 * 60 + 25, step=25)
    (incident,) = world.incidents()
    assert incident.details["terms"][0]["term"] == "launch"  # type: ignore[index]
    assert incident.details["terms"][0]["count"] > incident.post_count * 0.4  # type: ignore[index]
    world.clock.advance(3600)
    with world.database.reading() as connection:
        figures, different = again(connection, incident)
    assert different == []
    assert figures["post_count"] == incident.post_count
    assert figures["past_days"] == incident.details["past_days"]
