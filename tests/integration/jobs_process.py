"""`python -m tests.integration.jobs_process URL`: a worker of jobs, until SIGTERM or worse."""

import asyncio
import signal
import sys
import threading

from groundswell import jobs

QUICK = jobs.Pace(heartbeat_seconds=0.2, stalled_seconds=1, look="* * * * * *")


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    asyncio.run(jobs.run_worker(sys.argv[1], stop, QUICK))


if __name__ == "__main__":
    main()
