"""What an operator asks first, gathered from wherever it can be told; what is away is said to be away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from groundswell.api.parts import Parts
from groundswell.core.alert import Incident
from groundswell.core.errors import StoreUnavailable, StreamUnavailable
from groundswell.observe import Metrics
from groundswell.store import alerts, job_queue, parked, presence, registry
from groundswell.store.database import Database
from groundswell.store.presence import Process
from groundswell.stream.ledger import Ledger as Books
from groundswell.stream.ledger import read_ledger
from groundswell.views.status import StoreStatus, store_status
from groundswell.views.totals import WINDOW_HOURS, Totals, totals

__all__ = [
    "Books",
    "LiveNumbers",
    "Stored",
    "cache_counts",
    "is_up",
    "jobs_by_state",
    "ledger",
    "parked_count",
    "stored",
]


def ledger(parts: Parts) -> Books | None:
    """Return the stream's books, or None while the stream is away."""
    try:
        return read_ledger(parts.redis, parts.settings.stream_name, parts.settings.consumer_group)
    except StreamUnavailable:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What the database tells."""

    parked: int
    processes: tuple[Process, ...]
    store: StoreStatus
    #: None: there was none
    last_alert: Incident | None = None


def stored(parts: Parts) -> Stored | None:
    """Return what the database tells, or None while it is away."""
    try:
        with parts.database.reading() as connection:
            _, waiting = parked.listing(connection, state="parked", limit=1, offset=0)
            living = presence.living(connection, parts.clock.now())
            newest, _ = alerts.page(connection, limit=1)
            return Stored(
                parked=waiting,
                processes=tuple(living),
                store=store_status(connection),
                last_alert=newest[0] if newest else None,
            )
    except StoreUnavailable:
        return None


def parked_count(parts: Parts) -> int | None:
    """Return how many posts wait for a decision, or None while the database is away."""
    try:
        with parts.database.reading() as connection:
            return parked.listing(connection, state="parked", limit=1, offset=0)[1]
    except StoreUnavailable:
        return None


def jobs_by_state(parts: Parts) -> dict[tuple[str, str], int] | None:
    """Return how many jobs there are by task and state, or None while the database is away."""
    try:
        with parts.database.reading() as connection:
            return job_queue.by_state(connection)
    except StoreUnavailable:
        return None


class LiveNumbers:
    """The totals of the live feed, with the rate between two readings of the stream's books."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._before: tuple[float, int] | None = None

    def __call__(self) -> dict[str, object]:
        """Return the data of a `metrics` event without the client's share.

        Raises `StoreUnavailable`.
        """
        now = self._parts.clock.now()
        with self._parts.database.reading() as connection:
            found = totals(connection, now)
        return _numbers(found, now) | self._pace(now)

    def _pace(self, now: datetime) -> dict[str, object]:
        books = ledger(self._parts)
        if books is None:
            return {"rate": None, "lag_seconds": None}
        at, settled = self._parts.clock.monotonic(), sum(books.settled.values())
        before, self._before = self._before, (at, settled)
        passed = at - before[0] if before else 0.0
        rate = (settled - before[1]) / passed if before and passed > 0 else 0.0
        return {"rate": round(max(0.0, rate), 1), "lag_seconds": round(books.oldest_seconds(now), 1)}


def stages(database: Database) -> dict[tuple[str, str], str]:
    """Return the stage of every model version, by (key, version); raises `StoreUnavailable`."""
    with database.reading() as connection:
        return registry.stages(connection)


def _numbers(found: Totals, now: datetime) -> dict[str, object]:
    return {
        "total_posts": found.total_posts,
        "positive": found.positive,
        "negative": found.negative,
        "neutral": found.neutral,
        "timestamp": now,
        "window_hours": WINDOW_HOURS,
    }


def cache_counts(metrics: Metrics) -> dict[str, int]:
    """Return this process's look-ups in the result cache, by result; those there were none of are 0."""
    families = metrics.registry.restricted_registry(["groundswell_cache_total"]).collect()
    return {"hit": 0, "miss": 0, "bypass": 0} | {
        sample.labels["result"]: int(sample.value)
        for family in families
        for sample in family.samples
        if sample.name == "groundswell_cache_total"
    }


def is_up(ping: Callable[[], object]) -> bool:
    """Tell whether a server answers; whatever it does instead counts as no."""
    try:
        return bool(ping())
    except Exception:  # noqa: BLE001 - a health check has no business with kinds of failure
        return False
