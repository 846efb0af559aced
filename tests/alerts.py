"""A store, a clock that tests move, and watchers over them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from groundswell.alerts.delivery import Postman, deliver
from groundswell.alerts.watcher import Watcher, WatcherParts
from groundswell.core.alert import Incident, Rule
from groundswell.core.clock import ManualClock
from groundswell.core.mood import Reading
from groundswell.core.post import Post
from groundswell.observe import Metrics
from groundswell.store import alert_rules, alerts, posts, topics
from groundswell.store.database import Database
from groundswell.store.posts import Analysed
from groundswell.stream.ledger import Ledger

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHARES = {"negative": (0.8, 0.1, 0.1), "neutral": (0.1, 0.8, 0.1), "positive": (0.1, 0.1, 0.8)}
COMPLAINTS = (
    "The battery is dead again, I am furious",
    "worst battery ever, I hate this phone",
    "why does my battery die so fast? terrible",
    "so angry at this awful battery",
    "battery exploded, horrible and dangerous",
    "my battery is a sad joke and support is useless",
)


def reading_of(sentiment: str) -> Reading:
    return Reading(scores=SHARES[sentiment], model_used="made@1")


def post_of(chance: random.Random, at: datetime, text: str, **facts: Any) -> Post:
    number = chance.getrandbits(128)
    author = f"a:{chance.getrandbits(96):024x}"
    given = {"source": "test", "author": author, "lang": "en", **facts}
    return Post(
        key=uuid.UUID(int=number), post_id=str(number), content=text, created_at=at, ingested_at=at, **given
    )


@dataclass
class World:
    """What a watcher sees, moved by hand."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    chance: random.Random = field(default_factory=lambda: random.Random(20080401))
    #: the oldest post that waits; None: none does
    waiting_since: datetime | None = None
    announced: list[dict[str, Any]] = field(default_factory=list)

    def books(self) -> Ledger:
        backlog = int(self.waiting_since is not None)
        return Ledger(
            added=backlog, settled={}, backlog=backlog, pending=0, oldest_accepted_at=self.waiting_since
        )

    def watcher(self, **changes: Any) -> Watcher:
        parts: dict[str, Any] = {
            "database": self.database,
            "clock": self.clock,
            "metrics": Metrics(),
            "books": self.books,
            "announce": lambda data, about: self.announced.append({"about": about, **json.loads(data)}),
        }
        return Watcher(WatcherParts(**{**parts, **changes}))

    def store(self, batch: Sequence[Analysed]) -> None:
        for start in range(0, len(batch), 1000):
            with self.database.transaction() as connection:
                version = topics.current(connection).version
                posts.write(
                    connection,
                    batch[start : start + 1000],
                    topics_version=version,
                    analyzed_at=self.clock.now(),
                )

    def make(
        self,
        start: datetime,
        minutes: float,
        per_minute: int,
        negative: float,
        texts: Sequence[str] = ("some words",),
        **facts: Any,
    ) -> list[Analysed]:
        """Return posts evenly spread over some minutes, a share of them negative by chance."""
        made = []
        for place in range(round(minutes * per_minute)):
            at = start + timedelta(minutes=place / per_minute)
            mood = (
                "negative" if self.chance.random() < negative else self.chance.choice(("neutral", "positive"))
            )
            text = f"{self.chance.choice(texts)} {self.chance.randrange(10**9)}"
            post = post_of(self.chance, at, text, **facts)
            made.append(Analysed(post=post, reading=reading_of(mood), topics=()))
        return made

    def only(self, rule: Rule) -> None:
        """Put `rule` in place of the default one, which a watcher has made."""
        with self.database.transaction() as connection:
            (row,), _ = alert_rules.rows(connection, limit=1, offset=0)
            alert_rules.update(connection, row.id, rule)

    def watch(self, watchers: Sequence[Watcher], seconds: float, step: float = 10) -> None:
        """Let time pass; watchers look in turn."""
        for look in range(round(seconds / step)):
            self.clock.advance(step)
            watchers[look % len(watchers)].tick()

    def incidents(self) -> list[Incident]:
        with self.database.reading() as connection:
            return alerts.page(connection, limit=500)[0]

    def deliver(self, sent_by: Postman) -> None:
        """Run every delivery that was ever queued, as the jobs of a watcher do."""
        query = b"SELECT args FROM procrastinate_jobs WHERE task_name = 'alerts.deliver' ORDER BY id"
        with self.database.reading() as connection:
            queued = [args for (args,) in connection.execute(query)]
        for args in queued:
            deliver(
                self.database,
                sent_by,
                message=args["message"],
                target=int(args["target"]),
                alert=uuid.UUID(args["alert"]) if args["alert"] else None,
            )


@dataclass
class Receiver:
    """What a local server was sent."""

    port: int
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def verified(self, secret: str) -> dict[str, Any]:
        """Return the body of the one message, its signature checked as receivers do (Standard Webhooks)."""
        ((_, headers, body),) = self.requests
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        found: dict[str, Any] = json.loads(body)
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a web server that remembers what it is sent."""
    received: Receiver

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(received.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Receiver(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
