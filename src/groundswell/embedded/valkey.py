"""The embedded Valkey: every accepted post is on disk before the answer, and nothing is ever evicted."""

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from groundswell.embedded.folder import DataFolder
from groundswell.supervise.child import Program
from groundswell.supervise.restarts import RestartRule

STARTED = RestartRule(longest_seconds=2.0, give_up_after=8)

OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "always",  # an answer of 202 means "on disk"
    "save": "",
    "aof-load-truncated": "yes",  # a tail cut by a crash was never acknowledged
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # a full stream is refused at the door, never thinned out
    "timeout": "0",
    "daemonize": "no",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Valkey:
    """How Valkey lives in one data folder."""

    folder: DataFolder
    #: the server's program
    binary: Path
    sockets: Path

    #: what its processes are called
    process_name: ClassVar[str] = "valkey-server"

    @property
    def data(self) -> Path:
        """What it works on."""
        return self.folder.valkey

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Where clients find it; without a password, because the socket's folder is ours alone."""
        return f"unix://{quote(str(self.socket))}"

    def program(self, before_start: Callable[[], None]) -> Program:
        """Return how it is run."""
        options = {"dir": str(self.folder.valkey), "unixsocket": str(self.socket), **OPTIONS}
        pairs = (word for name, value in options.items() for word in (f"--{name}", value))
        return Program(
            name="valkey",
            command=(str(self.binary), *pairs),
            orphan_signal=signal.SIGTERM,
            log=self.folder.logs / "valkey.log",
            before_start=before_start,
            ready=self.ready,
            restart=STARTED,
        )

    def ready(self, pid: int) -> bool:
        """Return whether it answers and has read its file to the end."""
        del pid
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"INFO persistence\r\n")
                return b"\nloading:0" in connection.recv(4096)
        except OSError:
            return False

    def clear(self) -> None:
        """Remove the socket that a killed server left."""
        self.socket.unlink(missing_ok=True)
