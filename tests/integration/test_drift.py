"""Drift from stored posts to the alert: one stream shifts, another does not, and people are told once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.alerts import NOON, World, post_of
from tests.siblings import registered, tiny_versions

from groundswell.analysis.drift import EVERY, Drift
from groundswell.analysis.report import Reporter, as_html
from groundswell.analysis.versions import Versions
from groundswell.core.alert import Rule
from groundswell.core.mood import Reading, Vector
from groundswell.observe import Metrics
from groundswell.store import alert_rules, drift_looks
from groundswell.store.database import Database
from groundswell.store.drift_looks import Kind
from groundswell.store.posts import Analysed

WINDOW = Kind(window_minutes=360, baseline_minutes=1440)
RULE = Rule(name="drift", type="drift", threshold=1, window_minutes=360, baseline_minutes=1440, min_posts=100)
TEXTS = ("good day", "what a lovely day", "so bad")


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    yield World(database)
    database.close()


@pytest.fixture
def versions(world: World, tmp_path: Path) -> Versions:
    return registered(world.database, world.clock, tmp_path, *tiny_versions(tmp_path))


def reading(
    chance: random.Random, negative: float, model: str = "tiny@1", *, fallback: bool = False
) -> Reading:
    sure = 0.75 + 0.2 * chance.random()
    place = 0 if chance.random() < negative else chance.choice((1, 2))
    scores = [(1 - sure) / 2] * 3
    scores[place] = sure
    values = bytes(chance.randrange(256) for _ in range(8))
    return Reading(
        scores=(scores[0], scores[1], scores[2]),
        model_used=model,
        fallback_used=fallback,
        vector=None if fallback else Vector(encoder="e" * 64, values=values, scale=0.1),
    )


def fill(
    world: World, hours: tuple[float, float], negative: float, per_hour: int = 40, **how: object
) -> None:
    """Store posts of some hours before noon."""
    batch = []
    for n in range(round((hours[1] - hours[0]) * per_hour)):
        at = NOON + timedelta(hours=hours[0] + n / per_hour)
        post = post_of(world.chance, at, world.chance.choice(TEXTS))
        batch.append(Analysed(post=post, reading=reading(world.chance, negative, **how), topics=()))  # type: ignore[arg-type]
    world.store(batch)


def beyond(drift: Drift, model: str = "tiny@1") -> set[str]:
    found = drift.look(model, WINDOW, NOON)
    return {signal.name for signal in found.signals if signal.state == "beyond"}


def test_a_calm_stream_shows_none_and_a_shifted_one_shows_what_shifted(
    world: World, versions: Versions
) -> None:
    drift = Drift(world.database, versions, world.clock)
    fill(world, (-30, -6), 0.3)
    fill(world, (-6, 0), 0.3)
    assert beyond(drift) == set()
    fill(world, (-6, 0), 0.9, per_hour=100)
    assert beyond(drift) == {"labels"}


def test_readings_of_fallbacks_and_of_other_versions_do_not_count(world: World, versions: Versions) -> None:
    fill(world, (-30, 0), 0.3)
    fill(world, (-6, 0), 1.0, per_hour=100, model="tfidf@1", fallback=True)
    fill(world, (-6, 0), 1.0, per_hour=100, model="tiny@2")
    drift = Drift(world.database, versions, world.clock)
    found = drift.look("tiny@1", WINDOW, NOON)
    assert (found.posts, found.baseline_posts) == (240, 960) and beyond(drift) == set()


def test_words_the_model_does_not_know_are_seen(world: World, versions: Versions) -> None:
    fill(world, (-30, -6), 0.3)
    strange = [
        Analysed(
            post=post_of(world.chance, NOON - timedelta(minutes=n), "good 日本 語 day"),
            reading=reading(world.chance, 0.3),
        )
        for n in range(1, 300)
    ]
    world.store(strange)
    assert "unknown_words" in beyond(Drift(world.database, versions, world.clock))


def test_agreement_is_read_from_what_people_said_once_they_can(world: World, versions: Versions) -> None:
    fill(world, (-30, 0), 0.3)
    drift = Drift(world.database, versions, world.clock)
    assert drift.look("tiny@1", WINDOW, NOON).labelled == 0
    with world.database.transaction() as connection:
        there = connection.execute("SELECT to_regclass('feedback') IS NOT NULL").fetchone()
        if there == (False,):  # as another part of the schema has it
            connection.execute(
                "CREATE TABLE feedback (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content text, text_hash"
                " bytea, post uuid, model text, prediction smallint, label smallint, emotion smallint, annotator text,"
                " created_at timestamptz, origin text, sampling_probability double precision, held_out boolean,"
                " superseded boolean DEFAULT false)"
            )
        said = "INSERT INTO feedback (content, text_hash, model, prediction, label, created_at, origin, held_out)"
        for hours, label in ((-20.0, 0), (-3.0, 2)):
            for n in range(60):
                at = NOON + timedelta(hours=hours, seconds=n)
                values = [f"{hours} {n}", f"{hours} {n}".encode(), at, label]
                connection.execute(
                    f"{said} VALUES (%s, %s, 'tiny@1', 0, %s, %s, 'api', false)", [*values[:2], values[3], at]
                )
    found = drift.look("tiny@1", WINDOW, NOON)
    assert (found.labelled, found.agreement) == (60, 0.0) and found.agreement_interval[1] < 0.1
    assert beyond(drift) == {"agreement"}


def test_a_rule_calls_once_names_the_signal_and_ends_when_it_is_over(
    world: World, versions: Versions
) -> None:
    with world.database.transaction() as connection:
        alert_rules.create(connection, RULE)
    metrics = Metrics()
    drift = Drift(world.database, versions, world.clock, metrics)
    fill(world, (-30, -6), 0.3)
    fill(world, (-6, 0.5), 0.9, per_hour=100)
    assert drift.tick() == 2  # the usual look, and the rule's
    assert drift.tick() == 0
    world.watch([world.watcher(), world.watcher()], 60)
    (incident,) = [one for one in world.incidents() if one.alert_type == "drift"]
    assert "labels" in incident.message and incident.actual_value >= 1 and incident.status == "open"
    assert incident.details["drift"]["model"] == "tiny@1"  # type: ignore[index]
    with world.database.reading() as connection:
        assert drift_looks.latest(connection, WINDOW, since=NOON - EVERY) is not None
    world.clock.advance(30 * 3600)
    world.store(
        [
            Analysed(post=replace(post_of(world.chance, at, "good day")), reading=reading(world.chance, 0.9))
            for at in (world.clock.now() - timedelta(minutes=n) for n in range(1, 1700, 2))
        ]
    )
    drift.tick()
    world.watch([world.watcher()], 20)
    assert [one.status for one in world.incidents() if one.alert_type == "drift"] == ["resolved"]


def test_an_old_look_says_nothing_of_now(world: World, versions: Versions) -> None:
    with world.database.transaction() as connection:
        alert_rules.create(connection, RULE)
    fill(world, (-30, -6), 0.3)
    fill(world, (-6, 0), 0.9, per_hour=100)
    Drift(world.database, versions, world.clock).tick()
    world.clock.advance(2 * 3600)
    world.watch([world.watcher()], 30)
    assert [one for one in world.incidents() if one.alert_type == "drift"] == []


def test_the_figures_are_metrics(world: World, versions: Versions) -> None:
    metrics = Metrics()
    fill(world, (-30, 0), 0.3)
    Drift(world.database, versions, world.clock, metrics).tick()
    about = {"model": "tiny@1", "topic": ""}
    assert metrics.registry.get_sample_value("groundswell_drift_signals", about) == 0
    assert metrics.registry.get_sample_value("groundswell_drift", {**about, "signal": "labels"}) is not None


def test_the_report_is_a_page_that_shows_every_signal_and_escapes_everything(
    world: World, versions: Versions
) -> None:
    drift = Drift(world.database, versions, world.clock)
    fill(world, (-30, 0), 0.3)
    drift.tick()
    reporter = Reporter(database=world.database, versions=versions, drift=drift)
    found = reporter.report("tiny", "1", Kind(), NOON)
    assert found["model"] == "tiny@1" and len(found["drift"]["signals"]) == 7 and len(found["looks"]) == 1
    page = as_html({**found, "measured": {"<script>": {"value": 1.0, "low": 0.5, "high": 1.5}}})
    assert page.count("<tr class=") == 7 and "<script>" not in page and "&lt;script&gt;" in page
