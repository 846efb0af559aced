"""From Bluesky to the tables: `kill -9` of the ingester loses and doubles nothing, and what is deleted is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from tests.integration.journey import SECRET, STREAM, Journey
from tests.jetstream import Faults, Jetstream

from groundswell.core.clock import SystemClock
from groundswell.core.errors import Busy
from groundswell.ingest.accept import Admitted, Door
from groundswell.ingest.pump import pump
from groundswell.sources.spec import SourceOptions, open_source

Eventually = Callable[[Callable[[], object], float], None]

POSTS = 1200


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    made = Journey(redis_url, database_url)
    yield made
    made.close()


@contextmanager
def ingester(journey: Journey, jetstream: Jetstream, wire: str) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "redis_url": journey.redis_url,
        "database_url": journey.database_url,
        "spec": "bluesky",
        "jetstreams": [getattr(jetstream, wire)],
    }
    command = [sys.executable, "-m", "tests.integration.ingest_process", json.dumps(given)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", *filter(None, sys.path)])}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def happen(jetstream: Jetstream, over: threading.Event) -> None:
    """Let people write, edit and delete for some seconds; then an account goes."""
    for number in range(POSTS):
        jetstream.post(number, f"post {number} is wonderful", seconds=0.01)
        if number % 10 == 3:
            jetstream.post(number - 1, f"post {number - 1}, edited", operation="update", seconds=0.01)
        if number % 10 == 5:
            jetstream.post(number - 1, operation="delete", seconds=0.01)
        time.sleep(0.004)
    jetstream.account("did:plc:author6")
    over.set()


def has_added(journey: Journey, number: int) -> bool:
    return journey.ledger().added > number


def expected() -> set[str]:
    kept = [number for number in range(POSTS) if number % 10 != 4 and number % 7 != 6]
    return {f"post {n}, edited" if n % 10 == 2 else f"post {n} is wonderful" for n in kept}


@pytest.mark.parametrize("wire", ["v1", "v2"])
def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    journey: Journey, eventually: Eventually, wire: str
) -> None:
    jetstream, over = Jetstream(faults=Faults(abort_after=300, times=1)), threading.Event()
    life = threading.Thread(target=happen, args=(jetstream, over))
    with jetstream.running(), journey.working():
        life.start()
        for more in (150, 250):
            enough = journey.ledger().added + more
            with ingester(journey, jetstream, wire) as process:
                eventually(partial(has_added, journey, enough), 40)
                process.send_signal(signal.SIGKILL)
        with ingester(journey, jetstream, wire):
            life.join(60)
            assert over.is_set()
            eventually(lambda: set(journey.contents().values()) == expected() and journey.is_idle(), 40)
    assert len(journey.contents()) == len(expected())
    journey.assert_counts_are_true()
    assert nothing_is_left_of_what_was_deleted(journey)


@pytest.mark.parametrize("wire", ["v1", "v2"])
def test_a_full_stream_slows_the_connector_and_loses_nothing(
    redis_url: str, database_url: str, eventually: Eventually, wire: str
) -> None:
    """Nobody analyses at first: the stream fills to its bound and the connector waits, whatever more is said."""
    most, posts, stop, clock = 60, 400, threading.Event(), SystemClock()
    journey, jetstream = Journey(redis_url, database_url, max_entries=most), Jetstream()
    for number in range(posts):
        jetstream.post(number)
    with jetstream.running():
        options = SourceOptions(jetstreams=(getattr(jetstream, wire),), stall_seconds=5)
        source = open_source("bluesky", options, clock=clock, stop=stop)
        door = Refusing(journey.publisher, secret=SECRET, clock=clock, metrics=journey.metrics)
        connector = threading.Thread(target=pump, args=(source, door, journey.database, stop, clock))
        connector.start()
        try:
            eventually(lambda: door.refused >= 3, 20)
            before = journey.ledger()
            assert 0 < before.added == before.backlog <= most
            with journey.working():
                eventually(lambda: len(journey.contents()) == posts and journey.is_idle(), 40)
        finally:
            stop.set()
            connector.join(15)
    assert not connector.is_alive()
    assert set(journey.contents().values()) == {f"post {number}" for number in range(posts)}
    assert journey.ledger().added == posts, "what waited came in once"
    journey.assert_counts_are_true()
    journey.close()


class Refusing(Door):
    """A door that counts how often the stream behind it was full."""

    refused = 0

    def admit(self, *args: Any, **more: Any) -> Admitted:
        try:
            return super().admit(*args, **more)
        except Busy:
            self.refused += 1
            raise


def nothing_is_left_of_what_was_deleted(journey: Journey) -> bool:
    """Neither in a table nor in the live stream is a deleted post or its reading."""
    with journey.database.reading() as connection:
        orphans = [
            connection.execute(
                f"SELECT count(*) FROM {table} WHERE post NOT IN (SELECT id FROM posts)"
            ).fetchone()
            for table in ("analyses", "vectors", "post_topics")
        ]
    live = repr(journey.redis.xrange(f"{{{STREAM}}}:live"))
    return orphans == [(0,)] * 3 and "post 4 " not in live and "did:plc" not in live
