"""How far analysis has come: everything accepted before the watermark is counted."""

from datetime import datetime, timedelta

from groundswell.api.parts import Parts
from groundswell.api.status import Books, ledger

AT_THE_DOOR = timedelta(seconds=5)
"""A post is stamped before it is in the stream; until the door's time-out it may still be on its way."""


def watermark(parts: Parts) -> datetime | None:
    """Return the oldest accept time in the backlog, else now, less the time the door may take.

    None where the stream does not answer: then nobody knows, and nothing is called complete. Ask
    before reading the store, see `views.completeness.collection`.
    """
    return behind(ledger(parts), parts.clock.now())


def behind(books: Books | None, now: datetime) -> datetime | None:
    """Return the watermark that the stream's books tell."""
    if books is None:
        return None
    return min(books.oldest_accepted_at or now, now) - AT_THE_DOOR
