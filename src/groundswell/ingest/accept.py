"""The door: every event passes the same rules, and "accepted" means on disk in the stream."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from groundswell.core.clock import Clock
from groundswell.core.door import Rules, check
from groundswell.core.errors import InvalidInput
from groundswell.core.incoming import RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.core.post import AuthorErasure, Deletion, Event, Post
from groundswell.observe import Metrics, logger
from groundswell.stream.publish import Publisher

log = logger("ingest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """An event that the door refused."""

    #: its place among what was handed over
    index: int
    error: InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """What became of the events handed over together."""

    #: keys of the accepted posts and deletions, in order; an author's erasure has none
    accepted: tuple[UUID, ...]
    rejected: tuple[Rejected, ...]
    #: accepted events, author erasures included
    count: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much the door takes."""

    content_characters: int = 10_000


class Door:
    """Admits events into the stream. Safe to call from several threads."""

    def __init__(
        self,
        publisher: Publisher,
        *,
        secret: bytes,
        clock: Clock,
        limits: Limits | None = None,
        metrics: Metrics,
    ) -> None:
        self._publisher, self._clock, self._metrics = publisher, clock, metrics
        self._rules = Rules(secret=secret, content_characters=(limits or Limits()).content_characters)

    @property
    def capacity(self) -> int:
        """How many events the stream holds at most; more can never be admitted in one call."""
        return self._publisher.max_entries

    def check(self, raw: RawPost | RawDeletion | RawErasure, now: datetime) -> Event:
        """Make an event of `raw`, accepted at `now`; raises `InvalidInput`."""
        return check(raw, now, self._rules)

    def admit(self, raw: Sequence[RawEvent]) -> Admitted:
        """Publish the valid ones of `raw`, stamped with this moment, all or none of them.

        Raises `StreamFull` when nothing was written, `StreamUnavailable` when it is not known;
        sent again with the same ids, every post counts once.
        """
        now = self._clock.now()
        events: list[Event] = []
        rejected: list[Rejected] = []
        for index, item in enumerate(raw):
            try:
                events.append(check(_event(item), now, self._rules))
            except InvalidInput as error:
                rejected.append(Rejected(index=index, error=error))
        self._publisher.publish(events)
        self._count(events, rejected)
        keys = tuple(event.key for event in events if not isinstance(event, AuthorErasure))
        if log.is_enabled_for(logging.DEBUG):
            log.debug("accepted", posts=[str(key) for key in keys], rejected=len(rejected))
        return Admitted(accepted=keys, rejected=tuple(rejected), count=len(events))

    def _count(self, events: Sequence[Event], rejected: Sequence[Rejected]) -> None:
        kinds = Counter(type(event) for event in events)
        for kind, number in kinds.items():
            self._metrics.count("groundswell_accepted_total", number, kind=_KINDS[kind])
        for refused in rejected:
            self._metrics.count("groundswell_rejected_total", code=refused.error.code)


_KINDS: dict[type, str] = {Post: "post", Deletion: "delete", AuthorErasure: "erase"}


def _event(raw: RawEvent) -> RawPost | RawDeletion | RawErasure:
    if isinstance(raw, RawPost | RawDeletion | RawErasure):
        return raw
    raise InvalidInput("A gap is written to the collection log, it does not pass the door.")
