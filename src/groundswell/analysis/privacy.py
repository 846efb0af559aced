"""The job that erases, or hands out, what is kept of an author or a post; its receipt commits with its effect."""

from uuid import UUID

from groundswell import jobs
from groundswell.analysis.erase import erased_in
from groundswell.core.clock import Clock
from groundswell.store import gate, privacy
from groundswell.store.database import Database
from groundswell.store.privacy import Request
from groundswell.stream.connect import Client


def declare(redis: Client, stream: str, clock: Clock) -> None:
    """Declare the job, for the process that runs jobs; `redis` is a client of the stream's server."""

    @jobs.task(privacy.TASK)
    def privacy_job(work: jobs.Work, request: str) -> None:
        carry_out(work.database, redis, stream, UUID(request), clock)


def carry_out(database: Database, redis: Client, stream: str, id: UUID, clock: Clock) -> Request:  # noqa: A002
    """Do what a request asks for, once, and return it with its receipt.

    Run again it changes nothing. Raises `StoreUnavailable` or `StreamUnavailable`; nothing was done
    then.
    """
    with database.transaction() as connection:
        gate.enter_alone(connection)  # what is counted here is what is erased below
        request = privacy.get(connection, id)
        if request.state == "done":
            return request
        now = clock.now()
        keys = privacy.keys_of(connection, request)
        counted = privacy.counts(connection, request, keys)
        if request.kind == "export":
            content = privacy.collect(connection, request, keys, at=now)
            privacy.finish(connection, request, counted, at=now, content=content)
        else:
            privacy.forget_files(connection, request, keys)
            erased_in(connection, redis, stream, author=request.author, keys=keys, at=now)
            privacy.finish(connection, request, counted, at=now)
        return privacy.get(connection, id)
