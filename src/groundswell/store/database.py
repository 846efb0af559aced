"""One process's connections to PostgreSQL, and the answer to "was it the server's fault?"."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from groundswell.core.errors import StoreUnavailable
from groundswell.observe import Metrics

READ_SECONDS = 10
WRITE_SECONDS = 60
LOCK_SECONDS = 10
"""A process that hangs inside a transaction holds its locks no longer than this, either."""

_POOL_SECONDS = 5.0
_PING_SECONDS = 2.0

_OUTAGE_CLASSES = {
    "08",  # connection exceptions
    "28",  # the login is refused
    "3D",  # the database does not exist
    "53",  # out of disk, memory or connections
    "57",  # shut down, starting up, cancelled by a time-out
    "58",  # the server's own input and output
}
_OUTAGE_STATES = {
    "25006",  # read-only: a replica, or a server in the middle of a failover
    "25P03",  # idle in a transaction for too long
    "25P04",  # the transaction took too long
    "40001",  # could not serialise
    "40P01",  # deadlock
    "42501",  # not allowed to: the role is set up wrongly
    "42703",  # the schema is not this version's: no such column,
    "42883",  # function
    "42P01",  # or table
    "55P03",  # waited too long for a lock
}


def is_outage(error: BaseException) -> bool:
    """Tell whether the server (or its set-up) is the trouble, and never the posts that were written.

    What is an outage is tried again; what is not is the fault of some post in the batch. Classes
    as in https://www.postgresql.org/docs/current/errcodes-appendix.html.
    """
    if isinstance(error, StoreUnavailable | psycopg.InterfaceError):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:  # the connection broke, or the pool gave none in time
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate[:2] in _OUTAGE_CLASSES or error.sqlstate in _OUTAGE_STATES


class Database:
    """A pool of connections: `transaction` to write, `reading` to read.

    An outage inside either is raised as `StoreUnavailable`, with psycopg's error as its cause;
    every other error passes as it is. Datetimes come back in UTC.
    """

    def __init__(self, url: str, *, size: int = 4) -> None:
        self._pool = ConnectionPool(
            make_conninfo(url, application_name="groundswell", connect_timeout=5),
            min_size=0,
            max_size=size,
            timeout=_POOL_SECONDS,
            # a connection that the server has ended is replaced before anyone gets it
            check=ConnectionPool.check_connection,
            configure=_configure,
            # give up soon: the next caller tries at once, whereas the pool backs off to minutes
            reconnect_timeout=_POOL_SECONDS,
            open=True,
        )

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Open a transaction that commits at the end and rolls back on an error."""
        with self._connection(_POOL_SECONDS) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """Open a read-only transaction whose statements all see the same moment, 10 s each at most.

        Each is planned for its own window and filters: a page of half a million posts took nearly twice as long with
        one plan for all. What is read is mostly in memory, where a page elsewhere costs little more than the next one:
        by PostgreSQL's own figure, meant for turning disks, it sorted what an index holds in order.
        """
        with self._connection(_POOL_SECONDS) as connection:
            connection.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                f" SET LOCAL statement_timeout = '{READ_SECONDS}s'; SET LOCAL plan_cache_mode = force_custom_plan;"
                " SET LOCAL random_page_cost = 1.1"
            )
            yield connection

    @contextmanager
    def _connection(self, seconds: float) -> Iterator[psycopg.Connection]:
        try:
            with self._pool.connection(seconds) as connection:
                yield connection
        except psycopg.Error as error:
            if is_outage(error):
                raise StoreUnavailable from error
            raise

    def ping(self) -> bool:
        """Tell whether the server answers within two seconds."""
        try:
            with self._connection(_PING_SECONDS) as connection:
                connection.execute("SELECT 1")
        except StoreUnavailable:
            return False
        return True

    def show_use(self, metrics: Metrics) -> None:
        """Bring the gauges of these connections up to date; asks nobody."""
        told = self._pool.get_stats()
        idle = told.get("pool_available", 0)
        metrics.set("groundswell_pool_connections", told.get("pool_size", 0) - idle, state="used")
        metrics.set("groundswell_pool_connections", idle, state="idle")
        metrics.set("groundswell_pool_connections", self._pool.max_size, state="most")
        metrics.set("groundswell_pool_waiting", told.get("requests_waiting", 0))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _configure(connection: psycopg.Connection) -> None:
    """Settle what must not depend on the server's configuration, and bound every wait."""
    connection.autocommit = True
    connection.execute(
        "SET TIME ZONE 'UTC';"
        f" SET statement_timeout = '{WRITE_SECONDS}s';"
        f" SET lock_timeout = '{LOCK_SECONDS}s';"
        f" SET idle_in_transaction_session_timeout = '{LOCK_SECONDS}s'"
    )
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
