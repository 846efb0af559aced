"""Watchers call once when the mood turns, whoever of them looks, and not when nothing can be known."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from tests.alerts import COMPLAINTS, NOON, World

from groundswell.api.answers.alerts import AlertAnswer
from groundswell.core.alert import Rule
from groundswell.core.errors import Conflict, InvalidInput
from groundswell.store import alert_rules, alert_targets, alerts, collection, topics
from groundswell.store.alert_rules import DEFAULT_NAME

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def calm_then_burst(world: World, *, burst_minutes: float = 15) -> None:
    """An hour of calm before noon, from noon on a burst of complaints on top."""
    world.store(world.make(NOON - HOUR, 120, 10, 0.2, texts=("a walk in the park", "coffee with friends")))
    world.store(world.make(NOON, burst_minutes, 15, 1.0, texts=COMPLAINTS))


def test_a_fresh_installation_has_the_default_rule(world: World) -> None:
    world.watcher(threshold=0.3, window_minutes=7).tick()
    world.watcher(threshold=0.25, window_minutes=7).tick()
    with world.database.reading() as connection:
        rows, total = alert_rules.rows(connection, limit=10, offset=0)
    assert total == 1
    assert rows[0].rule == Rule(name=DEFAULT_NAME, type="negative_share", threshold=0.25, window_minutes=7)


def test_a_default_rule_that_was_removed_does_not_come_back(world: World) -> None:
    world.watcher().tick()
    with world.database.transaction() as connection:
        alert_rules.delete(connection, alert_rules.rows(connection, limit=1, offset=0)[0][0].id, NOON)
    world.watcher().tick()
    with world.database.reading() as connection:
        assert alert_rules.rows(connection, limit=1, offset=0) == ([], 0)


def test_a_burst_raises_one_alert_that_names_its_cause_and_ends(world: World) -> None:
    calm_then_burst(world)
    watchers = [world.watcher(), world.watcher()]
    world.watch(watchers, 15 * 60)
    (incident,) = world.incidents()
    assert incident.triggered_at <= NOON + 15 * MINUTE
    assert incident.interval[0] > incident.threshold_value == 0.4
    assert incident.details["terms"][0]["term"] == "battery"  # type: ignore[index]
    assert "battery" in incident.message
    assert incident.details["distinct_authors"]
    world.watch(watchers, 30 * 60, step=30)
    (incident,) = world.incidents()
    assert incident.status == "resolved"
    assert [told["about"] for told in world.announced] == [str(incident.id)]
    assert world.announced[0]["details"]["terms"] == incident.details["terms"]


def test_a_second_watcher_has_nothing_to_do_in_the_same_moment(world: World) -> None:
    first, second = world.watcher(), world.watcher()
    assert first.tick()
    assert not second.tick()
    world.clock.advance(10)
    assert second.tick()
    assert not first.tick()


def test_a_watcher_that_dies_in_the_middle_loses_and_doubles_nothing(world: World) -> None:
    calm_then_burst(world)

    class Killed(BaseException):
        """As a process that is no more: nothing after it happens."""

    def die(*_: object) -> None:
        raise Killed

    dying = world.watcher(announce=die)
    with pytest.raises(Killed):
        world.watch([dying], 15 * 60)
    assert world.announced == []
    world.watch([world.watcher()], 60)
    assert len(world.incidents()) == 1
    assert len(world.announced) == 1


def test_a_backlog_delays_the_alert_and_never_ends_it(world: World) -> None:
    """Analysis stands still when the burst begins: the window waits with it."""
    calm = world.make(NOON - HOUR, 60, 10, 0.2)
    burst = world.make(NOON, 15, 25, 0.8, texts=COMPLAINTS)
    after = world.make(NOON + 15 * MINUTE, 20, 10, 0.2)
    world.store(calm)
    world.waiting_since = NOON
    watcher = world.watcher()
    world.watch([watcher], 15 * 60, step=30)
    assert world.incidents() == []
    half = len(burst) // 2
    world.store(burst[:half])
    world.waiting_since = burst[half].post.ingested_at
    world.watch([watcher], 15 * 60, step=30)
    (incident,) = world.incidents()
    assert (incident.status, incident.triggered_at < NOON + 15 * MINUTE) == ("open", True)
    world.store([*burst[half:], *after])
    world.waiting_since = None
    world.watch([watcher], 60)
    (incident,) = world.incidents()
    assert incident.status == "resolved"


def test_a_burst_that_came_and_went_in_a_backlog_is_told_late(world: World) -> None:
    """Workers were away for all of it, and read everything at a stroke."""
    calm_and_over(world)
    target(world)
    world.waiting_since = NOON - MINUTE
    watcher = world.watcher()
    world.watch([watcher], 40 * 60, step=30)
    assert world.incidents() == []
    world.waiting_since = None
    world.watch([watcher], 60)
    told_late(world)


def test_a_burst_that_came_and_went_while_no_watcher_ran_is_told_late(world: World) -> None:
    calm_and_over(world)
    target(world)
    world.watcher().tick()
    world.clock.advance(40 * 60)
    world.watch([world.watcher(), world.watcher()], 60)
    told_late(world)


def test_a_new_rule_does_not_look_back(world: World) -> None:
    """What was before anybody asked is for a back-test."""
    calm_and_over(world)
    world.watcher().tick()
    world.clock.advance(40 * 60)
    with world.database.transaction() as connection:
        connection.execute("UPDATE alert_rules SET updated_at = %s", (world.clock.now(),))
    world.watch([world.watcher()], 60)
    assert world.incidents() == []


def calm_and_over(world: World) -> None:
    """A burst of ten minutes at noon, and half an hour of calm after it."""
    calm_then_burst(world, burst_minutes=10)
    with world.database.transaction() as connection:
        alert_rules.keep_default(connection, threshold=0.4, window_minutes=5)
        connection.execute("UPDATE alert_rules SET updated_at = %s", (NOON - HOUR,))


def target(world: World) -> None:
    with world.database.transaction() as connection:
        alert_targets.create(
            connection, name="t", kind="webhook", url="https://x.org", secret="", enabled=True
        )


def told_late(world: World) -> None:
    """One incident, of the burst's own minutes, over by now, and its one message."""
    (incident,) = world.incidents()
    assert NOON < incident.window_end <= NOON + 15 * MINUTE
    assert incident.details["terms"][0]["term"] == "battery"  # type: ignore[index]
    assert incident.status == "resolved"
    assert messages(world) == 1


def test_while_collection_has_a_gap_nothing_is_called_and_nothing_ends(world: World) -> None:
    calm_then_burst(world)
    with world.database.transaction() as connection:
        collection.log(connection, source="file:x", kind="gap", start=NOON, end=NOON + 10 * MINUTE)
    watcher = world.watcher()
    world.watch([watcher], 12 * 60, step=30)
    assert world.incidents() == []
    world.watch([watcher], 3 * 60, step=30)
    assert len(world.incidents()) == 1


def test_after_an_incident_the_rule_cools_down(world: World) -> None:
    calm_then_burst(world, burst_minutes=10)
    world.store(world.make(NOON + 20 * MINUTE, 10, 15, 1.0, texts=COMPLAINTS))
    world.store(world.make(NOON + 60 * MINUTE, 10, 25, 1.0, texts=COMPLAINTS))
    watcher = world.watcher()
    world.watch([watcher], 50 * 60, step=30)
    assert len(world.incidents()) == 1
    world.watch([watcher], 20 * 60, step=30)
    assert len(world.incidents()) == 2


def test_a_muted_rule_opens_nothing_and_a_person_can_end_an_incident(world: World) -> None:
    calm_then_burst(world, burst_minutes=60)
    watcher = world.watcher()
    watcher.tick()
    with world.database.transaction() as connection:
        (row,), _ = alert_rules.rows(connection, limit=1, offset=0)
        muted = Rule(name="n", type="negative_share", muted_until=NOON + 20 * MINUTE)
        alert_rules.update(connection, row.id, muted)
    world.watch([watcher], 19 * 60, step=30)
    assert world.incidents() == []
    world.watch([watcher], 3 * 60, step=30)
    (incident,) = world.incidents()
    with world.database.transaction() as connection:
        alerts.move(connection, incident.id, "acknowledged", world.clock.now(), "seen")
        alerts.move(connection, incident.id, "resolved", world.clock.now(), "done")
        assert [change.status for change in alerts.history(connection, incident.id)] == [
            "open", "acknowledged", "resolved",
        ]  # fmt: skip
    world.watch([watcher], 10 * 60, step=30)
    assert len(world.incidents()) == 1


def test_in_quiet_hours_an_alert_is_shown_and_its_message_waits(world: World) -> None:
    calm_then_burst(world, burst_minutes=40)
    watcher = world.watcher()
    watcher.tick()
    with world.database.transaction() as connection:
        alert_targets.create(
            connection, name="t", kind="webhook", url="https://x.org", secret="", enabled=True
        )
        (row,), _ = alert_rules.rows(connection, limit=1, offset=0)
        quiet = Rule(name="q", type="negative_share", quiet_from=time(11), quiet_to=time(12, 20))
        alert_rules.update(connection, row.id, quiet)
    world.watch([watcher], 15 * 60, step=30)
    assert len(world.incidents()) == len(world.announced) == 1
    assert messages(world) == 0
    world.watch([watcher], 10 * 60, step=30)
    assert messages(world) == 1


def test_what_somebody_took_in_quiet_hours_is_not_sent_when_they_end(world: World) -> None:
    calm_then_burst(world, burst_minutes=40)
    watcher = world.watcher()
    watcher.tick()
    with world.database.transaction() as connection:
        alert_targets.create(
            connection, name="t", kind="webhook", url="https://x.org", secret="", enabled=True
        )
    world.only(Rule(name="q", type="negative_share", quiet_from=time(11), quiet_to=time(12, 20)))
    world.watch([watcher], 15 * 60, step=30)
    (incident,) = world.incidents()
    with world.database.transaction() as connection:
        alerts.move(connection, incident.id, "acknowledged", world.clock.now(), "seen")
    world.clock.advance(20 * 60)
    watcher.tick()
    assert messages(world) == 0


def test_an_incident_ends_when_its_posts_cease_and_the_next_burst_is_told(world: World) -> None:
    """Few posts say nothing: without an end of its own the first incident would swallow the second."""
    world.store(world.make(NOON, 10, 15, 1.0, texts=COMPLAINTS))
    world.store(world.make(NOON + 4 * HOUR, 10, 15, 1.0, texts=COMPLAINTS))
    watcher = world.watcher()
    world.watch([watcher], 10 * 60, step=30)
    world.watch([watcher], 50 * 60, step=60)
    (incident,) = world.incidents()
    assert incident.status == "open", "for an hour nobody knows"
    world.watch([watcher], 20 * 60, step=60)
    (incident,) = world.incidents()
    assert incident.status == "resolved"
    with world.database.reading() as connection:
        assert "Too few posts" in alerts.history(connection, incident.id)[-1].reason
    world.clock.advance(2.5 * 3600)
    world.watch([watcher], 30 * 60, step=60)
    assert len(world.incidents()) == 2


def test_a_backlog_is_no_end_of_an_incident(world: World) -> None:
    world.store(world.make(NOON, 10, 15, 1.0, texts=COMPLAINTS))
    watcher = world.watcher()
    world.watch([watcher], 10 * 60, step=30)
    world.waiting_since = world.clock.now()
    world.watch([watcher], 3 * 3600, step=300)
    (incident,) = world.incidents()
    assert incident.status == "open"


def test_a_stuck_backlog_is_told_again_after_a_person_ended_its_alert(world: World) -> None:
    """The watermark stands still meanwhile; the alert is of now."""
    world.waiting_since = NOON
    watcher = world.watcher()
    watcher.tick()
    world.only(Rule(name="r", type="system", threshold=60, cooldown_minutes=1))
    world.watch([watcher], 5 * 60, step=30)
    (incident,) = world.incidents()
    assert incident.triggered_at > NOON + MINUTE
    with world.database.transaction() as connection:
        alerts.move(connection, incident.id, "resolved", world.clock.now(), "done")
    world.watch([watcher], 3 * 60, step=30)
    assert len(world.incidents()) == 2


def test_a_topic_that_a_rule_is_about_stays(world: World) -> None:
    """Without it the rule would never call again, and say nothing."""
    with world.database.transaction() as connection:
        topic = topics.create(connection, name="launch", any=["launch"], all=[], none=[]).topic.id
        with pytest.raises(InvalidInput, match=f"There is no topic {topic + 1}"):
            alert_rules.create(connection, Rule(name="x", type="negative_share", topic=topic + 1))
        row = alert_rules.create(connection, Rule(name="about it", type="negative_share", topic=topic))
    with pytest.raises(Conflict, match="'about it'"), world.database.transaction() as connection:
        topics.delete(connection, topic)
    with world.database.transaction() as connection:
        alert_rules.delete(connection, row.id, NOON)
        topics.delete(connection, topic)


def messages(world: World) -> int:
    with world.database.reading() as connection:
        counted = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'alerts.deliver'"
        )
        (number,) = counted.fetchone() or (0,)
    return int(number)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(name="r", type="change", label="positive", threshold=0.1, window_minutes=10),
        Rule(name="r", type="change", label="negative", threshold=0.1, window_minutes=10),
        Rule(name="r", type="volume", threshold=2.0),
        Rule(name="r", type="system", threshold=60),
        Rule(name="r", type="silence", threshold=30, source="quiet"),
    ],
    ids=lambda rule: f"{rule.type} {rule.label}",
)
def test_every_type_calls_once(world: World, rule: Rule) -> None:
    days = [
        world.make(NOON - timedelta(days=day), 20, 5, 0.2) for day in range(1, 5 * (rule.type == "volume"))
    ]
    world.store([post for day in days for post in day])
    if rule.type == "silence":
        world.store(world.make(NOON - timedelta(hours=4), 200, 1, 0.2, source="quiet"))
    calm_then_burst(world, burst_minutes=20)
    watcher = world.watcher()
    watcher.tick()
    with world.database.transaction() as connection:
        (row,), _ = alert_rules.rows(connection, limit=1, offset=0)
        alert_rules.update(connection, row.id, rule)
    if rule.type == "system":
        world.waiting_since = NOON
    world.watch([watcher], 20 * 60, step=30)
    (incident,) = world.incidents()
    assert incident.alert_type == rule.type
    assert incident.message.startswith("r: ")
    assert AlertAnswer.of(incident, []).details.rule["name"] == "r"
