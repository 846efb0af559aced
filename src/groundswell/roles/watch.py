"""`watch`: long work, alerts, drift and housekeeping, for which nobody waits."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from groundswell.settings import Settings
from groundswell.supervise.parts import Part, every, run_parts
from groundswell.toolbox import (
    Tools,
    exposed,
    fetcher,
    heartbeat,
    model_key,
    postman,
    tools_for,
    versions,
    watcher,
)

if TYPE_CHECKING:  # each role imports what it is made of when it runs
    from groundswell.analysis.fetch import Fetcher
    from groundswell.analysis.versions import Versions
    from groundswell.learning.jobs import Terms

RETENTION_SECONDS, EXPIRING_SECONDS = 10.0, 5.0
"""Every ten seconds, for five at most: retention keeps up with any source and ends in time when told to."""
KEPT_FILES = timedelta(days=7)
"""What was collected of a person can be fetched for a week."""
PRELOAD_SECONDS = 5.0
"""How often it is checked whether the model that processes should read with is here."""
WATCH_SECONDS = 2.0
"""A watcher asks so often whether it is time to look; see `alerts.rules.SHORTEST_CADENCE_SECONDS`."""
DRIFT_SECONDS = 60.0
"""How often a watcher asks whether a look at drift is due; see `analysis.drift.EVERY`."""


def run_watch(settings: Settings, name: str | None = None) -> None:
    """Run long work, watch for what people want to be told of, and keep the house until a stop signal."""
    from groundswell import jobs

    with tools_for(settings) as tools:
        registry, models = versions(tools), fetcher(tools)
        _declare_jobs(tools, registry, models)
        parts = [heartbeat(tools, "watch", name), *exposed(tools), *_housekeeping(tools)]
        parts += _models(tools, registry, models)
        parts.append(every(WATCH_SECONDS, watcher(tools).tick, name="alerts"))
        parts.append(
            Part(name="jobs", run=lambda stop: asyncio.run(jobs.run_worker(tools.database_url, stop)))
        )
        run_parts(parts, tools.clock)


def _housekeeping(tools: Tools) -> Iterator[Part]:
    """Forget processes that are gone, files that were fetched, and posts that were kept long enough."""
    from groundswell.store import presence, privacy, retention

    clock, settings = tools.clock, tools.settings
    terms = retention.Terms(days=settings.retention_days, sources=settings.source_retention)

    def prune() -> None:
        with tools.database.transaction() as connection:
            presence.prune(connection, clock.now())
            privacy.forget_old_files(connection, clock.now() - KEPT_FILES)

    def expire() -> None:
        until = clock.monotonic() + EXPIRING_SECONDS
        retention.expire_by_terms(tools.database, terms, clock.now(), lambda: clock.monotonic() < until)

    yield every(60, prune, name="prune processes")
    if settings.retention_days or any(settings.source_retention.values()):
        yield every(RETENTION_SECONDS, expire, name="retention")


def _models(tools: Tools, registry: "Versions", models: "Fetcher") -> Iterator[Part]:
    """Watch the models for drift, and see that the one processes should read with is here."""
    from groundswell.analysis import fetch, reanalyse
    from groundswell.analysis.drift import Drift

    drift = Drift(tools.database, registry, tools.clock, tools.metrics)
    wanted = tools.settings.model or tools.settings.preload_model

    def preload() -> None:
        fetch.preload(tools.database, models.catalogue, models.versions, wanted, tools.clock)

    yield every(DRIFT_SECONDS, lambda: reanalyse.politely(drift.tick), name="drift")
    yield every(PRELOAD_SECONDS, preload, name="preload the model")


def _declare_jobs(tools: Tools, registry: "Versions", models: "Fetcher") -> None:
    """Say what the jobs of the queue work with."""
    from groundswell.alerts import delivery
    from groundswell.analysis import fetch, privacy, reanalyse
    from groundswell.learning import jobs as training

    privacy.declare(tools.redis, tools.settings.stream_name, tools.clock)
    delivery.declare(postman(tools))
    reanalyse.declare(reanalyse.Reanalyser(tools.database, registry, tools.clock))
    fetch.declare(models, tools.clock)
    training.declare(_training_terms(tools.settings), tools.clock)


def _training_terms(settings: Settings) -> "Terms":
    """Return how the watcher runs training jobs: in children, which load what a watcher has no use for."""
    from groundswell.learning.jobs import Terms

    line = (sys.executable, "-P", "-m", "groundswell", "train")
    return Terms(
        command=(*line, f"--data-dir={settings.data_dir.resolve()}", "--job"),
        model=model_key(settings),
        seconds=settings.training_seconds,
        min_feedback=settings.min_feedback,
        cron=settings.retrain_cron,
    )
