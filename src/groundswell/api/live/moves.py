"""Which model versions changed their stage since the last look: what the live feed says of the registry."""

from collections.abc import Callable, Mapping

Stages = Callable[[], Mapping[tuple[str, str], str]]
"""Reads the stage of every version, by (key, version); blocks, and is called off the event loop."""


class Moves:
    """Remembers the last look; each process tells its own clients, so nothing is written and nobody told twice."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._before: Mapping[tuple[str, str], str] | None = None

    def forget(self) -> None:
        """Begin anew: what changes before the next look is told to no one."""
        self._before = None

    def __call__(self) -> list[dict[str, str]]:
        """Return the data of a `model` event for each version whose stage changed; raises `StoreUnavailable`."""
        before, now = self._before, dict(self._stages())
        self._before = now
        if before is None:
            return []
        return [
            {"key": key, "version": version, "stage": stage}
            for (key, version), stage in now.items()
            if before.get((key, version)) != stage
        ]
