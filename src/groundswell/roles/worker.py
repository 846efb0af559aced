"""`worker`: from the stream through the model into the store."""

from groundswell.embedded import DataFolder
from groundswell.roles.reading import LOOK_SECONDS, begun_reader
from groundswell.settings import Settings
from groundswell.supervise.parts import Part, every, run_parts
from groundswell.supervise.pulse import pulse
from groundswell.toolbox import exposed, heartbeat, process_name, rules, tools_for

AGAIN_SECONDS = 3.0
"""How often a worker looks for fallback headlines to read again."""
WORKER_SECONDS = 30.0
"""Time a worker gives the model of its own process; nobody waits for it, and it gives way to the API."""


def run_worker(settings: Settings, name: str | None = None, *, has_pulse: bool = False) -> None:
    """Read posts from the stream, have the model read them, store what it says, until a stop signal.

    `has_pulse`: the supervisor of this data folder feels whether it hangs.
    """
    from groundswell.analysis.again import Again
    from groundswell.analysis.failsafe import SafeModel
    from groundswell.analysis.shadow import Shadow
    from groundswell.analysis.worker import Worker, WorkerParts
    from groundswell.stream.handler import Terms

    with tools_for(settings) as tools:
        terms = Terms(
            stream=settings.stream_name,
            group=settings.consumer_group,
            name=process_name("worker", name),
            batch=settings.batch_posts,
            claim_idle_seconds=settings.claim_idle_seconds,
            max_deliveries=settings.max_deliveries,
            live_entries=settings.live_entries,
        )
        alone = {} if settings.model_service_url else {"has_shadow": True, "seconds": WORKER_SECONDS}
        reads = begun_reader(tools, **alone)
        shadow = Shadow(reads.current, tools.database, clock=tools.clock, metrics=tools.metrics)
        primary = reads.failsafe.primary
        again = Again(primary, tools.database, terms.name, clock=tools.clock, metrics=tools.metrics)
        worker = Worker(
            WorkerParts(
                redis_url=tools.redis_url,
                database=tools.database,
                model=SafeModel(reads.failsafe),
                clock=tools.clock,
                metrics=tools.metrics,
                terms=terms,
                rules=rules(settings),
                parking_limit=settings.parking_limit,
                failpoint=settings.failpoint,
                offer=shadow.offer,
            )
        )
        parts = [
            heartbeat(tools, "worker", name, lambda: {**worker.state(), **reads.state()}),
            every(LOOK_SECONDS, reads.look, name="follow the registry"),
            every(AGAIN_SECONDS, again.look, name="read fallback headlines again"),
            *exposed(tools),
            Part(name="shadow", run=shadow.run),
            Part(name="stream", run=worker.run),
        ]
        if has_pulse:
            file = DataFolder(root=settings.data_dir.resolve()).pulse(name or "worker")
            parts.insert(0, pulse(file, lambda: worker.consumer.turned_at))
        run_parts(parts, tools.clock)
