"""What the roles that read texts have in common: when they look at the registry, and how long people may wait."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from groundswell.settings import Settings
from groundswell.toolbox import Tools, reader

if TYPE_CHECKING:  # each role imports what it is made of when it runs
    from groundswell.analysis.reader import Reader

LOOK_SECONDS = 1.0
"""How often a process looks at the registry's pointer and at resets of the breakers."""
CALLS = 2
"""Inferences that the API and the model service have under way at a time; 4 towards a service."""


def queue(settings: Settings) -> Mapping[str, object]:
    """Return how long people may wait for a model."""
    return {"queue_seconds": settings.queue_seconds, "window_seconds": settings.batch_window_seconds}


def begun_reader(tools: Tools, **changes: object) -> "Reader":
    """Return what this process reads with, its model loaded if that is possible now."""
    reads = reader(
        tools.settings, clock=tools.clock, metrics=tools.metrics, database=tools.database, **changes
    )
    reads.begin()
    return reads
