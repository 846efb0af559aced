"""`model`: the model endpoints alone, for APIs and workers that shall not load a model."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from groundswell.core.clock import SystemClock
from groundswell.core.errors import NotRunning
from groundswell.guard import model_guard
from groundswell.observe import Metrics
from groundswell.roles.reading import CALLS, LOOK_SECONDS, answering, queue
from groundswell.settings import Settings
from groundswell.supervise.exposition import Shown
from groundswell.supervise.parts import every, run_parts
from groundswell.toolbox import Tools, exposed_at, heartbeat, reader, tools_for


def run_model(settings: Settings, name: str | None = None) -> None:
    """Serve the model endpoints alone until a stop signal; follows the registry where there is a database."""
    from groundswell.api.model_app import create_model_app
    from groundswell.api.parts import ModelParts

    with _maybe_tools(settings) as tools:
        clock, metrics = (tools.clock, tools.metrics) if tools else (SystemClock(), Metrics())
        alone = settings.model_copy(update={"model_service_url": ""})
        reads = reader(
            alone,
            clock=clock,
            metrics=metrics,
            database=tools.database if tools else None,
            calls=CALLS,
            has_fallbacks=False,
            **queue(settings),
        )
        reads.begin()
        app = create_model_app(
            ModelParts(
                settings=settings,
                clock=clock,
                metrics=metrics,
                reader=reads,
                started_at=clock.now(),
                guard=model_guard(settings),
            )
        )
        parts = [every(LOOK_SECONDS, reads.look, name="follow the registry")]
        parts += [heartbeat(tools, "model", name, reads.state)] if tools else []
        http, listens = answering(app, settings)
        shown = Shown(
            metrics=metrics,
            refresh=metrics.show_memory,
            is_ready=lambda: listens() and reads.current.model is not None,
        )
        run_parts([*parts, *exposed_at(settings, shown), http], clock)


@contextmanager
def _maybe_tools(settings: Settings) -> Iterator[Tools | None]:
    """Connect to the servers of `settings`, or to none where there are none."""
    with ExitStack() as stack:
        try:
            tools = stack.enter_context(tools_for(settings))
        except NotRunning:
            tools = None
        yield tools
