"""Reads fallback headlines again as soon as the primary answers, until none is left; nothing else is replaced."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from groundswell.analysis.backend import Backend
from groundswell.core.clock import Clock
from groundswell.core.errors import Busy, InvalidInput, ModelUnavailable
from groundswell.core.mood import Reading
from groundswell.observe import Metrics, logger
from groundswell.store import failsafe
from groundswell.store.database import Database
from groundswell.store.failsafe import Fallback, Place

SLICE = 64
WORK_SECONDS = 5.0
"""How long one look works at most: in between the stream has the model for itself."""
LEASE_SECONDS = 30.0
"""How long another process waits for the one that reads again before it takes over."""
MOST_UNREADABLE = 10_000

_BEGINNING: Place = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))

log = logger("analysis")


class Again:
    """Replaces fallback headlines; of all processes one at a time does.

    It reads with the primary alone, through the primary's breaker: while that is open nothing is
    asked, and when it is time to try, this may be the probe. So it finds the primary back also
    when no post comes in.
    """

    def __init__(
        self, primary: Backend, database: Database, who: str, *, clock: Clock, metrics: Metrics
    ) -> None:
        self._primary, self._database, self._who = primary, database, who
        self._clock, self._metrics = clock, metrics
        self._unreadable: set[tuple[UUID, int]] = set()

    def look(self) -> int:
        """Replace what can be replaced now and return how many were.

        Raises `StoreUnavailable`; then what was replaced stays so, and the rest waits.
        """
        done, place, until = 0, _BEGINNING, self._clock.monotonic() + WORK_SECONDS
        while self._clock.monotonic() < until:
            posts = self._next(place)
            if not posts:
                break
            place = posts[-1].place
            wanted = [post for post in posts if (post.id, post.revision) not in self._unreadable]
            try:
                readings = self._read(wanted)
            except (ModelUnavailable, Busy):
                break
            done += self._replace(readings)
        if done:
            log.info("fallback headlines were replaced", posts=done)
        return done

    def _next(self, place: Place) -> Sequence[Fallback]:
        """Return the next posts to read again, none when that is not for us to do now."""
        if self._primary.model is None or not self._primary.breaker.would_allow():
            return []
        with self._database.transaction() as connection:
            posts = failsafe.candidates(connection, behind=place, limit=SLICE)
            if not posts:
                return []
            at = self._clock.now()
            return posts if failsafe.take_lease(connection, self._who, at, LEASE_SECONDS) else []

    def _read(self, posts: Sequence[Fallback]) -> list[tuple[Fallback, Reading]]:
        """Read all at once; when one cannot be read, each alone: that one keeps its fallback."""
        if not posts:
            return []
        try:
            readings = self._primary.read([post.content for post in posts])
        except InvalidInput:
            if len(posts) > 1:
                return [pair for post in posts for pair in self._read([post])]
            if len(self._unreadable) < MOST_UNREADABLE:
                self._unreadable.add((posts[0].id, posts[0].revision))
            return []
        return list(zip(posts, readings, strict=True))

    def _replace(self, readings: Sequence[tuple[Fallback, Reading]]) -> int:
        if not readings:
            return 0
        with self._database.transaction() as connection:
            number = failsafe.replace_headlines(connection, readings, self._clock.now())
        self._metrics.count("groundswell_read_again_total", number)
        return number
