"""How long to wait after trouble: twice as long each time, up to a limit, with jitter."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Waits that double from `first` to `most` seconds until `reset`.

    Jitter (half to full) keeps many waiting processes from returning at the same moment.
    """

    first: float = 0.1
    most: float = 5.0
    rng: random.Random = field(default_factory=random.Random)
    _next: float = 0.0

    def wait(self) -> float:
        """Return the next wait in seconds."""
        current = self._next or self.first
        self._next = min(2 * current, self.most)
        return current * self.rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._next = 0.0
