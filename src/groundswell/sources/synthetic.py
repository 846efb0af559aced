"""Demo posts without a network: several venues and subjects, moods that drift and burst, edits and deletions.

With the same seed and clock it says the same; it resumes from the number of the next event. Every
post carries `synthetic: true` in its meta, so that nobody takes it for something people wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from groundswell.core.clock import Clock
from groundswell.core.incoming import RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.sources.pacing import CREDIT, EARLY, MOST, SLICE
from groundswell.sources.port import Batch, Description
from groundswell.sources.synthetic_script import Line, Script

BEAT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class SyntheticOptions:
    """How fast it talks, and from which seed."""

    posts_per_second: float = 1.0
    seed: int = 1


class SyntheticSource:
    """Talks for ever, at its rate."""

    def __init__(self, options: SyntheticOptions, *, clock: Clock, stop: Event) -> None:
        self._options, self._clock, self._stop = options, clock, stop
        self._interval = 1 / options.posts_per_second
        self._script = Script(options.seed, max(1, round(options.posts_per_second * BEAT_SECONDS)))

    def describe(self) -> Description:
        """Name it by its seed."""
        return Description(
            name=f"synthetic:{self._options.seed}",
            sentence="Made-up posts about made-up things, for demonstrations and tests.",
        )

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Yield the events from `cursor` on, never more than the rate allows, until `stop` is set."""
        number = int(cursor) if cursor and cursor.isdecimal() else 0
        due = self._clock.monotonic()
        while not self._stop.is_set():
            now = self._clock.monotonic()
            due = max(due, now - CREDIT)
            count = (
                min(MOST, max(0, int((now + EARLY - due) / self._interval) + 1)) if due <= now + EARLY else 0
            )
            events = [self._event(self._script.line(n)) for n in range(number, number + count)]
            number += count
            due += count * self._interval
            yield Batch(events=events, cursor=str(number))
            self._clock.sleep(max(0.0, min(due - self._clock.monotonic(), SLICE)))

    def _event(self, line: Line) -> RawEvent:
        if line.kind == "erase":
            return RawErasure(author=line.author)
        if line.kind == "delete":
            return RawDeletion(source=line.venue, post_id=self._post_id(line))
        fields = {
            "post_id": self._post_id(line),
            "source": line.venue,
            "content": line.content,
            "author": line.author,
            "lang": line.lang,
            "created_at": self._created_at(line),
            "revision": line.number - line.about,
            "meta": {"synthetic": True},
        }
        return RawPost(fields=fields)

    def _post_id(self, line: Line) -> str:
        return f"synthetic-{self._options.seed}-{line.about}"

    def _created_at(self, line: Line) -> datetime:
        """Return when it was written: a little before it is heard of; an edit keeps its post's time."""
        ago = line.delay + (line.number - line.about) * self._interval
        return self._clock.now() - timedelta(seconds=ago)
