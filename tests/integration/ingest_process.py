"""`python -m tests.integration.ingest_process SETTINGS`: a source pumped into the stream, until SIGTERM or worse."""

import json
import signal
import sys
import threading

from tests.integration.journey import SECRET, STREAM

from groundswell.core.clock import SystemClock
from groundswell.ingest.accept import Door
from groundswell.ingest.pump import pump
from groundswell.observe import Metrics
from groundswell.sources.spec import SourceOptions, open_source
from groundswell.store.database import Database
from groundswell.stream.connect import client
from groundswell.stream.publish import Publisher


def main() -> None:
    given = json.loads(sys.argv[1])
    stop, clock = threading.Event(), SystemClock()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    redis, database = client(given["redis_url"]), Database(given["database_url"])
    publisher = Publisher(redis, stream=STREAM, max_entries=given.get("max_entries", 100_000))
    door = Door(publisher, secret=SECRET, clock=clock, metrics=Metrics())
    options = SourceOptions(jetstreams=tuple(given["jetstreams"]), stall_seconds=5)
    source = open_source(given["spec"], options, clock=clock, stop=stop)
    pump(source, door, database, stop, clock)
    database.close()
    redis.close()


if __name__ == "__main__":
    main()
