"""A process that owns embedded servers, as `up` does, for tests to start, stop and kill.

Run as `python -m tests.integration.owner FOLDER [--no-namespaces]`; prints one line of JSON when both
servers serve, and one sentence on standard error when they cannot.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from groundswell.core.clock import SystemClock
from groundswell.core.errors import GroundswellError, StopRequested
from groundswell.embedded import DataFolder, EmbeddedServers, identity
from groundswell.embedded.identity import Identity
from groundswell.roles import stop_in_order
from groundswell.supervise.signals import Signals
from groundswell.supervise.supervisor import Supervisor


def main(root: Path) -> None:
    clock, folder = SystemClock(), DataFolder(root=root)
    with Signals() as signals, folder.lock(clock):
        supervisor = Supervisor(clock, signals.pause)
        try:
            embedded = EmbeddedServers(folder)
            embedded.start(supervisor, clock, signals.pause)
            assert embedded.postgres and embedded.valkey
            where = {
                "database_url": embedded.postgres.url,
                "redis_url": embedded.valkey.url,
                "postgres": supervisor.pid("postgres"),
                "valkey": supervisor.pid("valkey"),
            }
            sys.stdout.write(json.dumps(where) + "\n")
            sys.stdout.flush()
            while True:
                signals.pause(supervisor.tend())
        except StopRequested:
            pass
        finally:
            stop_in_order(supervisor, clock, signals.wait)


def forbid_namespaces() -> None:
    """Behave as in a container that forbids user namespaces."""
    could = identity.can

    def can(identity: Identity, *command: str) -> bool:
        return "unshare" not in identity.prefix and could(identity, *command)

    identity.can = can


if __name__ == "__main__":
    if "--no-namespaces" in sys.argv:
        forbid_namespaces()
    try:
        main(Path(sys.argv[1]))
    except GroundswellError as error:
        sys.exit(error.message)
