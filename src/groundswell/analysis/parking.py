"""What people decide about parked entries: send them through once more, or drop them."""

from typing import Protocol

from groundswell.core.errors import Conflict
from groundswell.store import parked
from groundswell.store.database import Database
from groundswell.stream.entry import Fields

VALUE_BYTES = 256 * 1024
"""Longest field of an entry that is kept; a longer one is cut, and the entry cannot be sent again."""
CUT = b"cut"
"""The field that tells which fields were cut."""


class Stream(Protocol):
    """Where an entry is sent again; `stream.publish.Publisher` is one."""

    def again(self, fields: Fields) -> None:
        """Add an entry exactly as it once was."""
        ...


def bounded(fields: Fields) -> dict[bytes, bytes]:
    """Return the fields with each value cut to a length that a table can bear."""
    cut = [name for name, value in fields.items() if len(value) > VALUE_BYTES]
    kept = {name[:VALUE_BYTES]: value[:VALUE_BYTES] for name, value in fields.items()}
    return kept | {CUT: b",".join(cut)[:VALUE_BYTES]} if cut else kept


def retry(database: Database, stream: Stream, id: int) -> None:  # noqa: A002 - its name everywhere
    """Send a parked entry through the stream once more, with the same key: it counts once at most.

    It is marked after it is on disk in the stream: dying in between sends it twice, never
    loses it. Raises `NotFound`, `Conflict` when it was decided before or is not whole,
    `StreamUnavailable` and `StoreUnavailable`.
    """
    with database.reading() as connection:
        entry = _waiting(parked.get(connection, id))
    if CUT in entry.fields:
        raise Conflict(f"The parked post {id} was too large to be kept whole; it can only be dropped.")
    stream.again(entry.fields)
    with database.transaction() as connection:
        parked.mark(connection, id, "retried")


def drop(database: Database, id: int) -> None:  # noqa: A002
    """Decide that a parked entry is not wanted.

    Raises `NotFound`, `Conflict` when it was decided before, `StoreUnavailable`.
    """
    with database.transaction() as connection:
        _waiting(parked.get(connection, id))
        parked.mark(connection, id, "dropped")


def _waiting(entry: parked.Parked) -> parked.Parked:
    if entry.state != "parked":
        raise Conflict(f"The parked post {entry.id} was already {entry.state}.")
    return entry
