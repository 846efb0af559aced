"""The way of a post from the door to the store, with real servers, in one process or several."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.patience import PATIENCE

from groundswell.analysis.worker import Worker, WorkerParts
from groundswell.core.clock import SystemClock
from groundswell.core.door import Rules
from groundswell.core.incoming import RawPost
from groundswell.ingest.accept import Door
from groundswell.models.load import load
from groundswell.models.port import Model
from groundswell.observe import Metrics
from groundswell.store import parked, rollups
from groundswell.store.database import Database
from groundswell.store.parked import Parked
from groundswell.stream.connect import client
from groundswell.stream.handler import Terms
from groundswell.stream.ledger import Ledger, read_ledger
from groundswell.stream.publish import Publisher

STREAM, GROUP = "social_posts", "sentiment_workers"
SECRET = b"a secret of the tests"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def raw(number: int | str, content: str | None = None, **fields: Any) -> RawPost:
    """A post called p<number>."""
    text = f"post {number} is wonderful" if content is None else content
    return RawPost(fields={"post_id": f"p{number}", "source": "test", "content": text, **fields})


class Journey:
    """A door, the servers, and workers."""

    def __init__(self, redis_url: str, database_url: str, *, max_entries: int = 100_000) -> None:
        self.redis_url, self.database_url = redis_url, database_url
        self.redis = client(redis_url)
        self.database = Database(database_url)
        self.metrics = Metrics()
        publisher = Publisher(self.redis, stream=STREAM, max_entries=max_entries)
        self.publisher = publisher
        self.door = Door(publisher, secret=SECRET, clock=SystemClock(), metrics=self.metrics)

    def close(self) -> None:
        self.database.close()
        self.redis.close()

    def worker(self, name: str = "host:0", model: Model | None = None, **terms: Any) -> Worker:
        given = {"block_seconds": 0.05, "claim_idle_seconds": 0.5, **terms}
        parking_limit = given.pop("parking_limit", 50)
        offer = given.pop("offer", lambda _: None)
        return Worker(
            WorkerParts(
                redis_url=self.redis_url,
                database=self.database,
                model=model or load("vader"),
                clock=SystemClock(),
                metrics=self.metrics,
                terms=Terms(stream=STREAM, group=GROUP, name=name, **given),
                rules=Rules(secret=SECRET),
                parking_limit=parking_limit,
                offer=offer,
            )
        )

    @contextmanager
    def working(self, name: str = "host:0", model: Model | None = None, **terms: Any) -> Iterator[Worker]:
        """Run a worker in a thread."""
        worker, stop = self.worker(name, model, **terms), threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield worker
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def ledger(self) -> Ledger:
        return read_ledger(self.redis, STREAM, GROUP)

    def is_idle(self) -> bool:
        return self.ledger().backlog == 0

    def contents(self) -> dict[str, str]:
        """What is stored, by the source's id."""
        with self.database.reading() as connection:
            return dict(connection.execute("SELECT post_id, content FROM posts").fetchall())

    def parked(self) -> list[Parked]:
        with self.database.reading() as connection:
            return parked.listing(connection, state="parked", limit=500, offset=0)[0]

    def plain(self, **fields: str | bytes) -> str:
        """Add an entry as another producer does."""
        return self.redis.xadd(STREAM, fields).decode()  # type: ignore[arg-type, union-attr]

    def assert_counts_are_true(self) -> None:
        """The rollups equal a recount, the books balance, every stored post is counted once."""
        with self.database.transaction() as connection:
            assert rollups.recount(connection) == []
            (total,) = connection.execute("SELECT count(*) FROM posts").fetchone() or (0,)
            counted = connection.execute(
                "SELECT coalesce(sum(n), 0) FROM rollups WHERE clock = 0 AND grain = 0 AND topic = 0"
            ).fetchone()
        assert counted is not None and int(counted[0]) == total
        assert self.ledger().imbalance == 0


class WorkerProcess:
    """A worker in a process of its own, to be killed."""

    def __init__(self, journey: Journey, **settings: Any) -> None:
        given = {
            "redis_url": journey.redis_url,
            "database_url": journey.database_url,
            "name": "host:0",
            "failpoint": "",
            "model": "vader",
            "claim_idle_seconds": 0.5,
            "batch": 50,
            **settings,
        }
        command = [sys.executable, "-m", "tests.integration.worker_process", json.dumps(given)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", *filter(None, sys.path)])}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def await_ready(self) -> None:
        """Wait until it reads and would drain on SIGTERM."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)


def as_json(entry: dict[bytes, bytes]) -> Any:
    return json.loads(entry[b"data"])
