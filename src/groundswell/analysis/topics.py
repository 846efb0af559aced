"""The topics as they are now, loaded at most every two seconds."""

from groundswell.core.clock import Clock
from groundswell.store import topics
from groundswell.store.database import Database
from groundswell.store.topics import TopicSet

REFRESH_SECONDS = 2.0


class Topics:
    """Keeps the topics of one worker; the store refuses posts matched with outdated ones."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: TopicSet | None = None
        self._loaded_at = 0.0
        self._names: dict[int, str] = {}

    def current(self) -> TopicSet:
        """Return the topics, as they were two seconds ago at worst."""
        if self._known is None or self._clock.monotonic() - self._loaded_at >= REFRESH_SECONDS:
            return self.reload()
        return self._known

    def reload(self) -> TopicSet:
        """Load the topics and return them."""
        with self._database.reading() as connection:
            self._known = topics.current(connection)
        self._loaded_at = self._clock.monotonic()
        self._names = {topic.id: topic.name for topic in self._known.topics}
        return self._known

    def names(self, ids: tuple[int, ...]) -> list[str]:
        """Return the names of topics that were current a moment ago."""
        return [self._names[topic] for topic in ids if topic in self._names]
