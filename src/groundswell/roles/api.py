"""`api`: answers requests and feeds the page."""

from groundswell.guard import api_guard
from groundswell.roles.reading import CALLS, LOOK_SECONDS, answering, begun_reader, queue
from groundswell.settings import Settings
from groundswell.supervise.http import claim_port
from groundswell.supervise.parts import every, run_parts
from groundswell.toolbox import door, exposed, heartbeat, process_name, tools_for


def run_api(settings: Settings, name: str | None = None) -> None:
    """Answer requests and feed the page until a stop signal."""
    from groundswell.api.app import create_app
    from groundswell.api.parts import Parts
    from groundswell.api.routes.metrics import refresh

    with tools_for(settings) as tools:
        claim_port(settings.host, settings.port, tools.clock.sleep)
        calls = 2 * CALLS if settings.model_service_url else CALLS
        reads = begun_reader(tools, calls=calls, answer_seconds=settings.predict_seconds, **queue(settings))
        parts = Parts(
            settings=settings,
            clock=tools.clock,
            metrics=tools.metrics,
            database=tools.database,
            redis=tools.redis,
            redis_url=tools.redis_url,
            door=door(tools),
            reader=reads,
            process=process_name("api", name),
            started_at=tools.clock.now(),
            guard=api_guard(settings, tools),
        )
        http, listens = answering(create_app(parts), settings)
        look = every(LOOK_SECONDS, reads.look, name="follow the registry")
        shown = exposed(tools, lambda: refresh(parts), listens)
        run_parts([heartbeat(tools, "api", name, reads.state), *shown, look, http], tools.clock)
