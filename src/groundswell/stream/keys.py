"""The names of what belongs to one stream; they share a hash tag, so a cluster keeps them together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one stream: entries, ledger, live events, and posts erased while entries were in flight."""

    stream: str

    @property
    def ledger(self) -> str:
        """A hash: outcome to number of entries settled with it."""
        return f"{{{self.stream}}}:ledger"

    @property
    def live(self) -> str:
        """The capped stream of events for the live feed."""
        return f"{{{self.stream}}}:live"

    @property
    def erased(self) -> str:
        """A sorted set: ids that must not be announced any more, by the time of their erasure."""
        return f"{{{self.stream}}}:erased"
