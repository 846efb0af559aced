"""Erasure everywhere: rows, parked copies, counts and the live feed in one go, against posts in flight too."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection

from groundswell.store import erase
from groundswell.store.database import Database
from groundswell.stream.connect import Client
from groundswell.stream.live import erase_live


def erase_posts(
    database: Database, redis: Client, stream: str, keys: Sequence[UUID], at: datetime
) -> list[UUID]:
    """Erase posts, known or not, and return those that had been stored; none can come back.

    `redis` is a client of the stream's server, `at` the moment of the erasure. A copy that waits
    in the stream meets the tombstone and leaves without a trace. Raises `StoreUnavailable` or
    `StreamUnavailable`, then nothing was erased; try again.
    """
    with database.transaction() as connection:
        stored = erase.erase_posts(connection, keys, at)
        _hush(redis, stream, stored)
    return stored


def erase_author(database: Database, redis: Client, stream: str, author: str, at: datetime) -> list[UUID]:
    """Erase what `author` (a pseudonym) wrote and was accepted until `at`; return what had been stored.

    What he writes later is a new beginning. Raises like `erase_posts`.
    """
    with database.transaction() as connection:
        stored = erase.erase_author(connection, author, at)
        _hush(redis, stream, stored)
    return stored


def erased_in(
    connection: Connection,
    redis: Client,
    stream: str,
    *,
    author: str | None,
    keys: Sequence[UUID],
    at: datetime,
) -> list[UUID]:
    """Erase an author, or else posts, in the caller's transaction, which holds the gate alone."""
    if author is not None:
        stored = erase.erase_author(connection, author, at)
    else:
        stored = erase.erase_posts(connection, keys, at)
    _hush(redis, stream, stored)
    return stored


def _hush(redis: Client, stream: str, stored: Sequence[UUID]) -> None:
    """Remove the posts from the live feed before the commit.

    Then a failure leaves nothing half erased: what is committed is gone from the feed, and
    what is not committed is erased by the next attempt.
    """
    erase_live(redis, stream, [str(key) for key in stored])
