"""A calm day of real tweets raises nothing; a burst of complaints about one thing raises one alert, once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from tests.alerts import COMPLAINTS, NOON, World, post_of, receiving
from tests.integration.journey import SECRET

from groundswell.alerts.again import again
from groundswell.alerts.delivery import Postman
from groundswell.alerts.rules import SHORTEST_CADENCE_SECONDS, Evidence, judge
from groundswell.alerts.targets import new_secret
from groundswell.core.alert import Rule, TargetKind
from groundswell.models.vader import VaderModel
from groundswell.outbound import AddressRules
from groundswell.settings import load_settings
from groundswell.store import alert_targets
from groundswell.store.database import Database
from groundswell.store.posts import Analysed
from groundswell.views.filters import ceil

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
READ_AT_ONCE = 1000
SIGNED_WITH = "whsec_c2VjcmV0"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    yield World(database)
    database.close()


@pytest.fixture(scope="module")
def tweets() -> list[str]:
    """The texts of the recorded tweets, where they are."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = (load_settings().labelled_data or beside) / "posts" / "tweets_2016.jsonl"
    if not path.exists():
        pytest.skip("the labelled data is not here; set GROUNDSWELL_DATA to its folder")
    return [json.loads(line)["content"] for line in path.read_text().splitlines()]


def analysed(world: World, texts: list[str], start: datetime, span: timedelta) -> list[Analysed]:
    """Return real texts at random moments of a span, read by a real model."""
    moments = sorted(start + span * world.chance.random() for _ in texts)
    model = VaderModel()
    readings = [
        r for i in range(0, len(texts), READ_AT_ONCE) for r in model.read(texts[i : i + READ_AT_ONCE])
    ]
    found = zip(moments, texts, readings, strict=True)
    return [
        Analysed(post=post_of(world.chance, at, text), reading=reading, topics=())
        for at, text, reading in found
    ]


def complaints(world: World, start: datetime, minutes: int, per_minute: int) -> list[Analysed]:
    """Return complaints about one thing, in words of their own."""
    endings = ("", "!!", " please help", " what now", " #fail", " never again", " seriously")
    texts = [
        f"{world.chance.choice(COMPLAINTS)}{world.chance.choice(endings)}"
        for _ in range(minutes * per_minute)
    ]
    return analysed(world, texts, start, minutes * MINUTE)


def called_at_the_shipped_cadence(posts: list[Analysed], start: datetime, end: datetime) -> list[datetime]:
    """Return when the default rule, by its own functions, would call at looks as often as a watcher's."""
    moments = [one.post.ingested_at for one in posts]
    negative = [0, *accumulate(one.reading.sentiment == "negative" for one in posts)]
    rule, called, at = Rule(name="r", type="negative_share"), [], start
    while at < end:
        at += timedelta(seconds=SHORTEST_CADENCE_SECONDS)
        first, last = (bisect_left(moments, edge) for edge in (ceil(at, MINUTE) - rule.window, at))
        evidence = Evidence(n=last - first, hits=negative[last] - negative[first])
        if judge(rule, evidence).state == "beyond":
            called.append(at)
    return called


@pytest.mark.timeout(600)  # 1,650 looks through the store: on a busy machine they take minutes
def test_a_calm_day_of_real_tweets_then_a_burst(world: World, tweets: list[str]) -> None:
    """The day at one look a minute through the store, and at the shipped cadence by the same functions."""
    random.Random(1).shuffle(tweets)
    world.clock.advance(-DAY.total_seconds())
    day = analysed(world, tweets[:14_400], NOON - DAY, DAY)
    world.store(day)
    watchers = [world.watcher(), world.watcher()]
    world.watch(watchers, DAY.total_seconds(), step=60)
    assert world.incidents() == []
    assert called_at_the_shipped_cadence(day, NOON - DAY, NOON) == []
    with receiving() as hook, receiving() as room:
        secret = new_secret()
        targets(world, hook.url, f"json://127.0.0.1:{room.port}/", secret)
        world.store(analysed(world, tweets[14_400:14_700], NOON, 30 * MINUTE))
        world.store(complaints(world, NOON, 15, 15))
        world.watch(watchers, 15 * 60)
        (incident,) = world.incidents()
        terms: Any = incident.details["terms"]
        assert terms[0]["term"] == "battery"
        world.watch(watchers, 2 * 3600, step=60)
        assert len(world.incidents()) == len(world.announced) == 1
        sent_by = Postman(clock=world.clock, rules=AddressRules(allow="127.0.0.1"))
        for _ in range(2):  # a job that runs again sends nothing
            world.deliver(sent_by)
        assert hook.verified(secret)["data"]["id"] == str(incident.id)
        ((_, _, told),) = room.requests
        assert "battery" in json.loads(told)["message"]
    with world.database.reading() as connection:
        assert again(connection, incident)[1] == []


def targets(world: World, hook: str, room: str, secret: str) -> None:
    """Have messages sent to a webhook and an Apprise target."""
    made: tuple[tuple[TargetKind, str], ...] = (("webhook", hook), ("apprise", room))
    with world.database.transaction() as connection:
        for kind, url in made:
            alert_targets.create(connection, name=kind, kind=kind, url=url, secret=secret, enabled=True)


class Watch:
    """A `groundswell watch` of its own, to be killed."""

    def __init__(self, database_url: str, redis_url: str, number: int) -> None:
        given = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "GROUNDSWELL_PSEUDONYM_KEY": SECRET.decode(),
            "GROUNDSWELL_OUTBOUND_ALLOW": "127.0.0.1",
            "ALERT_THRESHOLD": "0.5",
        }
        command = [sys.executable, "-m", "groundswell", "watch", f"--name=watch-{number}"]
        self.process = subprocess.Popen(command, env={**os.environ, **given}, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def test_watchers_that_are_killed_neither_lose_nor_double_the_alert(
    world: World, database_url: str, redis_url: str, eventually: Callable[[Callable[[], object], float], None]
) -> None:
    """Real processes and real time; the burst is there, and one watcher is killed just when it is due."""
    now = datetime.now(UTC)
    world.store(world.make(now - 65 * MINUTE, 60, 5, 0.2))
    world.store(world.make(now - 3 * MINUTE, 3, 40, 1.0, texts=COMPLAINTS))
    with receiving() as hook, receiving() as apprise, ExitStack() as stack:
        targets(world, hook.url, f"json://127.0.0.1:{apprise.port}/", SIGNED_WITH)
        first = stack.enter_context(Watch(database_url, redis_url, 1))
        for number in (2, 3):
            stack.enter_context(Watch(database_url, redis_url, number))
        eventually(world.incidents, 40)
        first.kill()
        stack.enter_context(Watch(database_url, redis_url, 1))
        eventually(lambda: hook.requests and apprise.requests, 60)
        looked = evaluated_at(world)
        eventually(lambda: evaluated_at(world) > looked + timedelta(seconds=8), 30)
        (incident,) = world.incidents()
        assert hook.verified(SIGNED_WITH)["data"]["id"] == str(incident.id)
        assert [
            json.loads(body)["message"].startswith(incident.message) for *_, body in apprise.requests
        ] == [True]


def evaluated_at(world: World) -> datetime:
    with world.database.reading() as connection:
        (moment,) = connection.execute("SELECT evaluated_at FROM alert_watch").fetchone() or (NOON,)
    assert isinstance(moment, datetime)
    return moment
