"""A whole Groundswell under test: `groundswell up` in a folder of its own, hurt from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from tests.patience import PATIENCE, await_that

START_SECONDS = 300
"""As long as `up` itself waits for what it starts."""


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> None:
    """Wait as `await_that` does; an unanswered request counts as not yet."""

    def holds() -> object:
        try:
            return condition()
        except (httpx.HTTPError, psutil.NoSuchProcess):
            return False

    await_that(holds, seconds, what=what, every=0.05)


class System:
    """`groundswell up` as a child process, with what a test needs to look at it and to hurt it."""

    def __init__(
        self,
        data_dir: Path,
        *,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments, self._environment = arguments, dict(environment or {})
        self.log = log or data_dir.parent / f"{data_dir.name}.log"
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.http.close()

    def start(self) -> None:
        """Start it and return at once."""
        command = [sys.executable, "-m", "groundswell", "up", "--data-dir", str(self.data_dir)]
        command += ["--port", str(self.port), *self._arguments]
        environment = {**os.environ, **self._environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def wait_ready(self) -> None:
        """Wait until it can serve."""
        assert self.process is not None
        process = self.process

        def ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"`up` ended with {process.returncode}:\n{self.log.read_text()[-3000:]}")
            return self.http.get("/health").status_code == 200

        until(ready, START_SECONDS, "readiness")

    def stop(self) -> int:
        """End it as an operator would and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """`kill -9` of `up` itself; its children are left to their own devices."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def run(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a `groundswell` command on this data folder."""
        command = [sys.executable, "-m", "groundswell", *arguments, "--data-dir", str(self.data_dir)]
        environment = {**os.environ, **self._environment}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=environment, check=False
        )

    def get(self, path: str, **parameters: str | int) -> Any:
        """GET a path past every cache and return its JSON."""
        answer = self.http.get(path, params=parameters, headers={"Cache-Control": "no-cache"})
        answer.raise_for_status()
        return answer.json()

    def family(self) -> Iterator[psutil.Process]:
        """Every living process that belongs to this data folder, also when `up` itself is dead."""
        name = str(self.data_dir)
        for process in psutil.process_iter(["cmdline", "pid", "status"]):
            command = process.info["cmdline"] or []
            if any(name in part for part in command) and process.info["status"] != psutil.STATUS_ZOMBIE:
                yield process

    def members(self, role: str) -> list[psutil.Process]:
        """The processes of one role: worker, api, watch, postgres, valkey."""
        return [process for process in self.family() if _role(process) == role]

    def memory(self, role: str | None = None) -> int:
        """Bytes of memory of all processes (of one role) together, shared pages counted once (PSS)."""
        total = 0
        members = self.members(role) if role else list(self.family())
        for process in {p for member in members for p in [member, *_descendants(member)]}:
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
        return total


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _role(process: psutil.Process) -> str:
    try:
        command = process.cmdline()
    except psutil.NoSuchProcess:
        return ""
    for word in command:
        base = Path(word).name
        if base == "postgres" or base.startswith("valkey"):
            return base.partition("-")[0]
    if "groundswell" in command:
        following = command[command.index("groundswell") + 1 :]
        return following[0] if following else ""
    return ""
