"""What a worker does with a batch: erase, look, read, match, write in one transaction, say what became of each."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from groundswell import tracing
from groundswell.analysis.announce import new_post
from groundswell.analysis.batch import Sorted, sort
from groundswell.analysis.brake import Brake
from groundswell.analysis.erase import erase_author, erase_posts
from groundswell.analysis.failpoint import Failpoint
from groundswell.analysis.parking import bounded
from groundswell.analysis.plain import read_plain, whose, without_name
from groundswell.analysis.shadow import Offer
from groundswell.analysis.topics import Topics
from groundswell.core.clock import Clock
from groundswell.core.door import Rules
from groundswell.core.errors import StoreUnavailable
from groundswell.core.mood import Reading
from groundswell.core.post import Event, Post
from groundswell.core.topic import matching
from groundswell.models.port import Model
from groundswell.observe import Metrics, logger
from groundswell.store import parked
from groundswell.store.database import Database
from groundswell.store.posts import Analysed, Outcome, TopicsChanged, outcomes_known, write
from groundswell.stream.connect import Client
from groundswell.stream.entry import Delivery, decode, is_plain, named
from groundswell.stream.settle import Settlement

SLICE = 64
"""Texts read between two signs of life."""

NEWS: frozenset[Outcome] = frozenset(("stored", "edited"))
TOPIC_ATTEMPTS = 5
ERROR_CHARACTERS = 2_000

log = logger("analysis")

Entries = Mapping[UUID, tuple[str, Post]]
"""Posts by key, each with the id of its entry."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a worker works with."""

    database: Database
    #: a client of the stream's server
    redis: Client
    stream: str
    model: Model
    rules: Rules
    clock: Clock
    metrics: Metrics
    brake: Brake
    failpoint: Failpoint
    #: takes what was stored, for a challenger to read
    offer: Offer = lambda _: None


class Analyst:
    """Handles batches for a `Consumer`; one thread."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._topics = Topics(tools.database, tools.clock)
        self._began_at = 0.0

    def appetite(self) -> int:
        """Return how many posts it takes next at most."""
        return self._tools.brake.appetite()

    def check(self) -> None:
        """Raise `StoreUnavailable` if the database does not answer."""
        if not self._tools.database.ping():
            raise StoreUnavailable

    def settled(self, outcomes: dict[str, int]) -> None:
        """Count what was settled."""
        for outcome, number in outcomes.items():
            self._tools.metrics.count("groundswell_settled_total", number, outcome=outcome)
        self._tools.metrics.observe(
            "groundswell_batch_seconds", self._tools.clock.monotonic() - self._began_at
        )

    def handle(self, deliveries: Sequence[Delivery], alive: Callable[[], None]) -> list[Settlement]:
        """Store what `deliveries` hold, erase what they erase, park what cannot be read.

        When the brake goes on in the midst, the rest is not settled and comes again. Raises
        `Unavailable` for an outage; any other error is the fault of one of the posts.
        """
        self._began_at = self._tools.clock.monotonic()
        found = sort(deliveries, self._read_entry)
        settlements = self._erase(found)
        settlements += [Settlement(entry_id=entry_id, outcome="duplicate") for entry_id in found.superseded]
        settlements += self._analyse(found.posts, alive)
        if settlements:
            self._tools.brake.went_well()
        return settlements + self._park_unreadable(found)

    def _read_entry(self, delivery: Delivery) -> Event:
        if is_plain(delivery.fields):
            return read_plain(delivery, self._tools.clock.now(), self._tools.rules)
        return decode(delivery.fields)

    # Erasures

    def _erase(self, found: Sorted) -> list[Settlement]:
        tools = self._tools
        if found.deletions:
            at = max(deletion.ingested_at for _, deletion in found.deletions)
            keys = [deletion.key for _, deletion in found.deletions]
            erase_posts(tools.database, tools.redis, tools.stream, keys, at)
        for _, erasure in found.erasures:
            erase_author(tools.database, tools.redis, tools.stream, erasure.author, erasure.ingested_at)
        return [
            Settlement(entry_id=entry_id, outcome="deleted")
            for entry_id, _ in (*found.deletions, *found.erasures)
        ]

    # Posts

    def _analyse(self, entries: Entries, alive: Callable[[], None]) -> list[Settlement]:
        if not entries:
            return []
        known = self._known([post for _, post in entries.values()])
        fresh = [post for key, (_, post) in entries.items() if key not in known]
        stored = self._store(entries, fresh, self._read(fresh, alive)) if fresh else []
        return [
            Settlement(entry_id=entries[key][0], outcome=outcome) for key, outcome in known.items()
        ] + stored

    def _known(self, posts: Sequence[Post]) -> dict[UUID, Outcome]:
        """Look before reading: a post that is known already need not be read."""
        with self._tools.database.reading() as connection:
            return outcomes_known(connection, posts)

    def _read(self, posts: Sequence[Post], alive: Callable[[], None]) -> list[Reading]:
        texts = [post.content for post in posts]
        self._tools.failpoint.texts(texts)
        readings: list[Reading] = []
        for start in range(0, len(texts), SLICE):
            alive()
            readings += self._tools.model.read(texts[start : start + SLICE])
        alive()
        self._tools.failpoint("after_infer")
        return readings

    def _store(
        self, entries: Entries, posts: Sequence[Post], readings: Sequence[Reading]
    ) -> list[Settlement]:
        analyzed_at = self._tools.clock.now()
        batch, outcomes = self._write(posts, readings, analyzed_at)
        settlements = []
        self._tools.offer([item for item in batch if outcomes[item.post.key] in NEWS])
        for item in batch:
            outcome = outcomes[item.post.key]
            is_news = outcome in NEWS
            event = new_post(item, self._topics.names(item.topics), analyzed_at) if is_news else None
            entry_id = entries[item.post.key][0]
            settlements.append(Settlement(entry_id=entry_id, outcome=outcome, announcement=event))
        return settlements

    def _write(
        self, posts: Sequence[Post], readings: Sequence[Reading], analyzed_at: datetime
    ) -> tuple[list[Analysed], dict[UUID, Outcome]]:
        """Write in one transaction; match again when the topics changed meanwhile."""
        topics = self._topics.current()
        for _ in range(TOPIC_ATTEMPTS):
            batch = [
                Analysed(post=post, reading=reading, topics=matching(topics.topics, post.content))
                for post, reading in zip(posts, readings, strict=True)
            ]
            try:
                return batch, self._commit(batch, topics.version, analyzed_at)
            except TopicsChanged:
                topics = self._topics.reload()
        raise StoreUnavailable("The topics change faster than posts can be written.")

    def _commit(
        self, batch: Sequence[Analysed], topics_version: int, analyzed_at: datetime
    ) -> dict[UUID, Outcome]:
        tools = self._tools
        with (
            tracing.span("store.commit", {"groundswell.posts": len(batch)}),
            tools.database.transaction() as connection,
        ):
            outcomes = write(connection, batch, topics_version=topics_version, analyzed_at=analyzed_at)
            tools.failpoint("before_commit")
        tools.failpoint("after_commit")
        if log.is_enabled_for(logging.DEBUG):
            log.debug("stored", posts={str(key): outcome for key, outcome in outcomes.items()})
        return outcomes

    # What cannot be handled

    def _park_unreadable(self, found: Sorted) -> list[Settlement]:
        settlements = []
        for delivery, error in found.unreadable:
            if not self.appetite():
                break
            settlements.append(self.park(delivery, error.message, error))
        return settlements

    def park(self, delivery: Delivery, reason: str, error: BaseException | None) -> Settlement:
        """Park a delivery with its reason, unless what it holds was erased meanwhile."""
        tools = self._tools
        is_foreign = is_plain(delivery.fields)
        fields = without_name(delivery, tools.rules) if is_foreign else delivery.fields
        owner = whose(delivery, tools.rules) if is_foreign else None
        with tools.database.transaction() as connection:
            is_kept = parked.park(
                connection,
                bounded(fields),
                entry_id=delivery.entry_id,
                reason=reason[:ERROR_CHARACTERS],
                error=_described(error),
                deliveries=delivery.times,
                at=tools.clock.now(),
                whose=owner,
            )
        self._note_parked()
        if is_kept:
            post = str(owner.key) if owner else named(delivery.fields)
            why = type(error).__name__ if error else "Killed"
            log.warning("a post is parked", post=post, entry=delivery.entry_id, times=delivery.times, why=why)
        return Settlement(entry_id=delivery.entry_id, outcome="parked" if is_kept else "erased")

    def _note_parked(self) -> None:
        """Tell the brake how many posts all workers parked lately; the count outlives a crash."""
        since = self._tools.clock.now() - self._tools.brake.window
        with self._tools.database.reading() as connection:
            self._tools.brake.parked(parked.parked_since(connection, since))


def _described(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS] if error else ""
