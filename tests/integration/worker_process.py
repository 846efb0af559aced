"""`python -m tests.integration.worker_process SETTINGS`: one worker, until SIGTERM or worse."""

import json
import signal
import sys
import threading

from tests.integration.journey import GROUP, SECRET, STREAM

from groundswell.analysis.worker import Worker, WorkerParts
from groundswell.core.clock import SystemClock
from groundswell.core.door import Rules
from groundswell.models.load import load
from groundswell.observe import Metrics
from groundswell.store.database import Database
from groundswell.stream.handler import Terms


def main() -> None:
    given = json.loads(sys.argv[1])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = Database(given["database_url"])
    parts = WorkerParts(
        redis_url=given["redis_url"],
        database=database,
        model=load(given["model"]),
        clock=SystemClock(),
        metrics=Metrics(),
        terms=Terms(
            stream=STREAM,
            group=GROUP,
            name=given["name"],
            batch=given["batch"],
            block_seconds=0.1,
            claim_idle_seconds=given["claim_idle_seconds"],
        ),
        rules=Rules(secret=SECRET),
        failpoint=given["failpoint"],
    )
    Worker(parts).run(stop)
    database.close()


if __name__ == "__main__":
    main()
