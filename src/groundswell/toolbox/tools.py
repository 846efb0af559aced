"""What every role works with: settings, clock, connections."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundswell.core.clock import Clock, SystemClock
from groundswell.installation import servers
from groundswell.observe import Metrics
from groundswell.settings import Settings

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from redis import Redis

    from groundswell.store.database import Database


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every role works with."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: "Database"
    database_url: str
    redis: "Redis"
    redis_url: str


@contextmanager
def tools_for(settings: Settings) -> Iterator[Tools]:
    """Connect to the servers of `settings`; both are let go at the end.

    Raises `NotRunning` when there are none.
    """
    from groundswell.store.database import Database
    from groundswell.stream.connect import client

    found = servers(settings)
    with closing(Database(found.database_url)) as database, closing(client(found.redis_url)) as redis:
        yield Tools(
            settings=settings,
            clock=SystemClock(),
            metrics=Metrics(),
            database=database,
            database_url=found.database_url,
            redis=redis,
            redis_url=found.redis_url,
        )
