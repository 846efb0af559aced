"""The roles as separate processes behind deploy's own gateway, as compose.yaml lays them out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from tests.access import bearer
from tests.system import free_port, until

ROOT = Path(__file__).parent.parent
GATEWAY = ROOT / "deploy" / "nginx" / "gateway.conf"
PROXIES = GATEWAY.with_name("proxies.list")
COMPOSE = ROOT / "compose.yaml"
SERVERS = ("POSTGRES_", "REDIS_")
"""Variables of compose.yaml that name servers; the test has its own."""


def nginx_program() -> str | None:
    """Return where nginx is; Debian keeps it out of the path of ordinary users."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(kw_only=True)
class Process:
    """One process of one role, which can be ended and started again at the same ports."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    metrics_port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return at once."""
        command = [sys.executable, "-m", "groundswell", *self.arguments, "--data-dir", str(self.folder)]
        command += ["--metrics-port", str(self.metrics_port)]
        environment = {**os.environ, **self.environment}
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def is_ready(self) -> bool:
        """Ask the port beside its work."""
        assert self.running is not None
        if (code := self.running.poll()) is not None:
            raise RuntimeError(f"{self.name} ended with {code}:\n{self.log()[-3000:]}")
        address = f"http://127.0.0.1:{self.metrics_port}/health"
        return httpx.get(address, trust_env=False, timeout=5).status_code == 200

    @property
    def port(self) -> int:
        """Where it does its work, of those that are asked."""
        return int(self.arguments[self.arguments.index("--port") + 1])

    def end(self, how: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        assert self.running is not None
        self.running.send_signal(how)
        return self.running.wait(60)

    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder / f"{self.name}.log").read_text()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """When a process was sent its signal, and its exit code."""

    at: float
    code: int


@dataclass(kw_only=True)
class Topology:
    """All of them; `gateway` is the address that clients use."""

    gateway: str
    processes: dict[str, Process]
    environment: Mapping[str, str]
    folder: Path

    @property
    def key(self) -> dict[str, str]:
        """The header with the first key."""
        return bearer(self.secret("admin_key"))

    def secret(self, name: str) -> str:
        """Return a secret as deploy.sh made it."""
        return (self.folder / "deploy" / "secrets" / name).read_text()

    def of(self, number: int) -> list[Process]:
        """Return the processes with this number: one of each role, a third worker with the second."""
        return [
            found for name, found in self.processes.items() if int(name[-1]) in {number, number + number // 2}
        ]

    def replace(self, processes: Sequence[Process], how: signal.Signals) -> dict[str, Ended]:
        """End each, start it anew, and wait until all are ready; return how each ended."""
        ended = {}
        for process in processes:
            ended[process.name] = Ended(at=time.monotonic(), code=process.end(how))
            process.start()
        self.wait_ready(processes)
        return ended

    def wait_ready(self, processes: Sequence[Process]) -> None:
        """Wait until each can work."""
        for process in processes:
            until(process.is_ready, 180, f"readiness of {process.name}")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this installation."""
        command = [sys.executable, "-m", "groundswell", *arguments, "--data-dir", str(self.folder)]
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, env=environment, check=False
        )


@contextmanager
def topology(
    folder: Path, environment: Mapping[str, str], *, numbers: Mapping[str, int], source: str | None = None
) -> Iterator[Topology]:
    """Start `numbers` processes of each role behind nginx on `environment`'s servers; end all of it."""
    ports = {name: free_port() for name in ("api", "compat", "model")}
    _make_secrets(folder)
    plan = Plan(folder=folder, servers=environment, model=f"http://127.0.0.1:{ports['model']}")
    made, behind = _processes(plan, numbers, source)
    found = Topology(
        gateway=f"http://127.0.0.1:{ports['api']}",
        processes=made,
        environment=plan.environment("worker"),
        folder=folder,
    )
    nginx = gateway(folder, ports, behind)
    try:
        for process in made.values():
            process.start()
        found.wait_ready(list(made.values()))
        yield found
    finally:
        for process in made.values():
            if process.running and process.running.poll() is None:
                process.running.terminate()
        for process in made.values():
            if process.running:
                _collect(process.running)
        nginx.terminate()
        nginx.wait(10)


def _make_secrets(folder: Path) -> None:
    """Have deploy.sh make its secrets, beside a copy of itself."""
    (folder / "deploy").mkdir()
    script = shutil.copy2(ROOT / "deploy" / "deploy.sh", folder / "deploy")
    subprocess.run([script, "secrets"], check=True, capture_output=True, timeout=30)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What compose.yaml says of each role, as far as it holds without containers.

    Keys, hosts and addresses are as they are there: every role listens on all addresses, so that
    whatever asks for a key off loopback asks here.
    """

    folder: Path
    servers: Mapping[str, str]
    #: the gateway's address of model services
    model: str

    def environment(self, role: str) -> dict[str, str]:
        """Return the role's variables."""
        given = yaml.safe_load(COMPOSE.read_text())["services"][role]["environment"]
        found = {name: self._here(value) for name, value in given.items() if not name.startswith(SERVERS)}
        if "GROUNDSWELL_TRUSTED_PROXIES" in found:
            found["GROUNDSWELL_TRUSTED_PROXIES"] += ",127.0.0.1/32"  # where the gateway is
        return {
            **found,
            **self.servers,
            "GROUNDSWELL_LOG_FORMAT": "json",
            "GROUNDSWELL_CLAIM_IDLE_SECONDS": "2",
            "GROUNDSWELL_RATE_PER_KEY": "0",  # all clients of a test have one key
        }

    def command(self, role: str) -> list[str]:
        """Return what the role runs."""
        return [self._here(word) for word in yaml.safe_load(COMPOSE.read_text())["services"][role]["command"]]

    def _here(self, value: str) -> str:
        value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        value = value.replace("/run/secrets/", f"{self.folder}/deploy/secrets/")
        return value.replace("http://gateway:8081", self.model)


def _processes(
    plan: Plan, numbers: Mapping[str, int], source: str | None
) -> tuple[dict[str, Process], dict[str, list[int]]]:
    made, behind = {}, {"api": [], "model": []}  # type: dict[str, Process], dict[str, list[int]]
    for role, number in numbers.items():
        environment, command = plan.environment(role), plan.command(role)
        if role == "ingest" and source:
            command[1] = source
        for name in (f"{role}-{index}" for index in range(1, number + 1)):
            arguments = [*command] if role == "ingest" else [*command, "--name", name]
            if role in behind:
                behind[role].append(port := free_port())
                arguments[arguments.index("--port") + 1] = str(port)
            home = plan.folder / name
            home.mkdir()
            made[name] = Process(name=name, arguments=tuple(arguments), folder=home, environment=environment)
    return made, behind


def _collect(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def gateway(
    folder: Path, ports: Mapping[str, int], behind: Mapping[str, Sequence[int]], proxies: Path = PROXIES
) -> subprocess.Popen[bytes]:
    """Run nginx with deploy's gateway.conf; only the ports and who is behind them are the test's."""
    text = GATEWAY.read_text()
    for listed, name in (("8000", "api"), ("8080", "compat"), ("8081", "model")):
        assert text.count(f"listen {listed};") == 1
        text = text.replace(f"listen {listed};", f"listen 127.0.0.1:{ports[name]};")
    (folder / "gateway.conf").write_text(text.replace("/etc/nginx/proxies.list", str(proxies)))
    main = [f"pid {folder}/nginx.pid;", "error_log stderr error;", "events {}", "http {", "access_log off;"]
    main += [
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    for role, its_ports in behind.items():
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in its_ports)
        main.append(f"upstream groundswell_{role} {{ zone groundswell_{role} 64k; {servers} }}")
    main += [f"include {folder}/gateway.conf;", "}"]
    (folder / "nginx.conf").write_text("\n".join(main))
    program = nginx_program()
    assert program is not None
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "nginx.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    until(lambda: (folder / "nginx.pid").exists() and time.monotonic(), 20, "the gateway")
    return process
