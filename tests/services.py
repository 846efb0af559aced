"""`groundswell model` as a process of its own, to be killed and started again at the same address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.patience import PATIENCE
from tests.system import free_port, until


class Service:
    """A model service in an empty data folder."""

    def __init__(self, folder: Path, model: str = "tfidf") -> None:
        self.folder, self.model, self.port = folder, model, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it can read."""
        command = [sys.executable, "-m", "groundswell", "model", "--data-dir", str(self.folder)]
        command += ["--port", str(self.port)]
        environment = {**os.environ, "GROUNDSWELL_MODEL": self.model, "PYTHONPATH": "src"}
        self.process = subprocess.Popen(command, env=environment)
        until(
            lambda: httpx.get(f"{self.url}/health", trust_env=False).status_code == 200,
            PATIENCE,
            "readiness",
        )

    def stop(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def end(self) -> None:
        """Leave nothing running."""
        if self.process and self.process.poll() is None:
            self.stop()


@contextmanager
def counted_calls(port: int) -> Iterator[list[float]]:
    """Take the place of a dead service: count who calls, and hang up on each. Yields one entry a call."""
    seen: list[float] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=_hang_up, args=(listener, seen, stop))
        thread.start()
        try:
            yield seen
        finally:
            stop.set()
            thread.join(10)


def _hang_up(listener: socket.socket, seen: list[float], stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            caller, _ = listener.accept()
            seen.append(1.0)
            caller.close()
