"""What the roles that read texts have in common: when they look at the registry, and how long people may wait."""

import gc
from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING

from groundswell.settings import Settings
from groundswell.supervise.parts import Part
from groundswell.toolbox import Tools, reader

if TYPE_CHECKING:  # each role imports what it is made of when it runs
    from starlette.types import ASGIApp

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


def answering(app: "ASGIApp", settings: Settings) -> tuple[Part, Callable[[], bool]]:
    """Return the part that serves `app` at the role's port, and what tells whether that listens already."""
    from groundswell.api.server import serve

    listens = Event()

    def ready(_: int) -> None:
        settle()
        listens.set()

    part = Part(name="http", run=lambda stop: serve(app, settings.host, settings.port, stop, ready))
    return part, listens.is_set


def settle() -> None:
    """Take what has been loaded by now out of garbage collection: it stays, and looking through it takes long.

    A full collection walked through every module and model and stopped all requests for more than 0.1 s, every
    few large answers.
    """
    gc.collect()
    gc.freeze()
