"""Long work survives every process: jobs are asked for in a transaction, and run until they are done.

A station declares a task with `@task`; whoever wants it done calls `enqueue` in the transaction
that makes it necessary. `run_worker` runs it in a thread, tries it again when it fails, and takes
over what a killed worker left behind. The queue is procrastinate's, in PostgreSQL.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

import psycopg
from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    RetryStrategy,
    exceptions,
)
from procrastinate.jobs import Job, Status
from psycopg.conninfo import make_conninfo

from groundswell.core.retry import Backoff
from groundswell.observe import logger
from groundswell.store import job_queue, topics
from groundswell.store.database import Database

MOST_TRIES = 6
"""A job that failed so often (tried again after 3, 9, 27, 81 and 243 s), or killed as many workers, is left."""
AT_ONCE = 4
SLICE_POSTS = 500
"""What a back-match reads, and keeps locked, in one transaction."""

_LOOK_SECONDS = 0.2
_RETRY_STALLED = "jobs.retry_stalled"

log = logger("jobs")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How soon the work of a worker that died is taken over."""

    heartbeat_seconds: float = 10
    #: a worker silent for so long is dead
    stalled_seconds: float = 30
    #: when to look for its jobs, as cron writes it, with seconds in the sixth place
    look: str = "* * * * * */15"


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a task is given beside its arguments."""

    database: Database
    stopping: Callable[[], bool]

    def go_on(self) -> None:
        """Return, or raise when the worker is told to stop; to be called between transactions.

        The job then waits for the next worker, which runs it from the start: a task keeps its
        progress in the database.
        """
        if self.stopping():
            raise exceptions.JobAborted


Run = TypeVar("Run", bound=Callable[..., None])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Declared:
    run: Callable[..., None]
    queue: str
    #: when it is queued by itself; empty: when somebody asks
    cron: str


_declared: dict[str, _Declared] = {}


def task(name: str, *, queue: str = "light", cron: str = "") -> Callable[[Run], Run]:
    """Declare `run(work, **arguments)` as the task `name`; it may run twice, also after it succeeded.

    With `cron`, as cron writes it, it is queued by itself, once whatever the number of watchers,
    and given the `timestamp` it is for.
    """

    def declare(run: Run) -> Run:
        _declared[name] = _Declared(run=run, queue=queue, cron=cron)
        return run

    return declare


def enqueue(connection: psycopg.Connection, task: str, *, lock: str | None = None, **args: object) -> int:
    """Queue a declared task and return the job's number; it is there if the transaction commits.

    Jobs of one `lock` run one after another.
    """
    return job_queue.add(connection, task, queue=_declared[task].queue, lock=lock, args=args)


def pending(connection: psycopg.Connection) -> int:
    """Return how many jobs wait or run."""
    return job_queue.pending(connection)


def app(url: str, database: Database, pace: Pace = Pace()) -> App:
    """Return procrastinate's app with every declared task; to be opened before use."""
    connector = PsycopgConnector(
        conninfo=make_conninfo(url, application_name="groundswell jobs", connect_timeout=5),
        min_size=1,
        max_size=AT_ONCE,
        timeout=5.0,
    )
    built = App(connector=connector)
    for name, declared in _declared.items():
        made = built.task(name=name, queue=declared.queue, retry=_Patience(), pass_context=True)(
            _runner(declared.run, database)
        )
        if declared.cron:
            built.periodic(cron=declared.cron)(made)
    _look_after_stalled(built, pace)
    return built


def _runner(run: Callable[..., None], database: Database) -> Callable[..., None]:
    def started(context: JobContext, **args: object) -> None:
        run(Work(database=database, stopping=context.should_abort), **args)

    return started


class _Patience(BaseRetryStrategy):
    """What was stopped goes on with the next worker; what fails is tried a bounded number of times."""

    failed = RetryStrategy(max_attempts=MOST_TRIES - 1, exponential_wait=3)

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, exceptions.JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        log.warning("job failed", task=job.task_name, job=job.id, tries=job.attempts + 1, says=str(exception))
        return self.failed.get_retry_decision(exception=exception, job=job)


def _look_after_stalled(app: App, pace: Pace) -> None:
    """Have the jobs of dead workers tried again, by one of the living at a time."""

    async def retry_stalled(timestamp: int) -> None:
        del timestamp
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=pace.stalled_seconds):
            log.warning("took over a job of a worker that died", task=job.task_name, job=job.id)
            if job.attempts + 1 < MOST_TRIES:
                await manager.retry_job(job)
            else:
                await manager.finish_job(job, status=Status.FAILED, delete_job=False)

    declare = app.task(name=_RETRY_STALLED, queue="light", queueing_lock=_RETRY_STALLED)
    app.periodic(cron=pace.look)(declare(retry_stalled))


async def run_worker(url: str, stop: Event, pace: Pace = Pace()) -> None:
    """Run jobs until `stop` is set; an outage of PostgreSQL is waited for.

    Jobs that run are asked to end at their next transaction and wait for the next worker.
    """
    database = Database(url, size=AT_ONCE)
    backoff = Backoff(first=0.5, most=10)
    try:
        while not stop.is_set():
            try:
                if await asyncio.to_thread(database.ping):
                    await _work_until(stop, app(url, database, pace), pace)
                else:
                    log.warning("PostgreSQL is away")
            except (exceptions.ConnectorException, psycopg.Error) as error:
                log.warning("PostgreSQL went away", says=str(error))
            await _wait(stop, backoff.wait())
    finally:
        database.close()


async def _work_until(stop: Event, app: App, pace: Pace) -> None:
    """Run one worker of procrastinate until `stop` is set, or until it ends because of an outage."""
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=["light"],
                concurrency=AT_ONCE,
                shutdown_graceful_timeout=0,  # jobs are told at once
                install_signal_handlers=False,
                delete_jobs="successful",
                update_heartbeat_interval=pace.heartbeat_seconds,
                stalled_worker_timeout=pace.stalled_seconds,
            )
        )
        while not (stop.is_set() or worker.done()):
            await asyncio.wait([worker], timeout=_LOOK_SECONDS)
        worker.cancel()
        await asyncio.wait([worker])
        if not worker.cancelled():
            worker.result()


async def _wait(stop: Event, seconds: float) -> None:
    """Wait, or return when `stop` is set."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        if stop.is_set():
            return
        await asyncio.sleep(_LOOK_SECONDS)


@task(topics.BACK_MATCH)
def back_match(work: Work, topic_id: int) -> None:
    """Match a topic to the posts that were there before it; `matched_since` says how far it is."""
    place = None
    while True:
        work.go_on()
        with work.database.transaction() as connection:
            place = topics.back_match(connection, topic_id, before=place, limit=SLICE_POSTS)
        if place is None:
            return
