"""The port of every source: raw events since a cursor, and what the source is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundswell.core.incoming import RawEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Some events in a row, and the cursor to resume behind the last of them."""

    events: Sequence[RawEvent]
    #: opaque to everyone but the source; saved only after all events are durable in the stream
    cursor: str | None
    #: how far through the whole, from 0 to 1, where the source can tell
    progress: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a source says about itself."""

    #: names its cursor and its lines in the collection log, e.g. `file:posts.jsonl`
    name: str
    #: one sentence: what it includes and what it leaves out
    sentence: str
    needs_key: bool = False
    #: True when it ends by itself
    finite: bool = False


class Source(Protocol):
    """Where posts come from."""

    def describe(self) -> Description:
        """Return what the source is."""
        ...

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Yield batches behind `cursor` (None: from the start, or live), pacing itself.

        A batch may be empty: a sign of life for the pump to check its stop event. Yields at
        least one batch a second while it is live. Raises `BadSource` in one sentence when it
        cannot go on; after that, `batches` may be called again with the last cursor.
        """
        ...
