"""Put long work on procrastinate's queue inside the transaction that asks for it."""

from collections.abc import Mapping

import psycopg
from psycopg.types.json import Jsonb


def add(
    connection: psycopg.Connection,
    task: str,
    *,
    queue: str = "light",
    lock: str | None = None,
    args: Mapping[str, object],
) -> int:
    """Queue a job and return its number; it exists if and only if the transaction commits.

    Jobs with the same `lock` run one after another. `args` must be what JSON can carry.
    """
    from procrastinate.sql import queries
    from procrastinate.types import JobToDefer

    job = JobToDefer(
        queue_name=queue,
        task_name=task,
        priority=0,
        lock=lock,
        queueing_lock=None,
        args=Jsonb(dict(args)),  # type: ignore[arg-type] # procrastinate's own connector wraps it likewise
        scheduled_at=None,
    )
    row = connection.execute(queries["defer_jobs"], {"jobs": [job]}).fetchone()
    assert row is not None  # noqa: S101 - one job in, one number out
    return int(row[0])


def by_state(connection: psycopg.Connection) -> dict[tuple[str, str], int]:
    """Return how many jobs there are, by task and state."""
    rows = connection.execute(
        "SELECT task_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"
    ).fetchall()
    return {(str(task), str(state)): int(number) for task, state, number in rows}


def pending(connection: psycopg.Connection) -> int:
    """Return how many jobs wait or run."""
    row = connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
    return int((row.fetchone() or (0,))[0])
