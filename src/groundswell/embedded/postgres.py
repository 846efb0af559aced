"""The embedded PostgreSQL: made once, started tuned for a small machine, reached by a private socket."""

import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from groundswell.core.errors import CannotStart
from groundswell.embedded.folder import DataFolder, write_private
from groundswell.embedded.identity import Identity
from groundswell.supervise.child import Program, tied
from groundswell.supervise.restarts import RestartRule

MAJOR = "18"
USER = DATABASE = "groundswell"
PASSWORD_FILE = "postgres.password"  # noqa: S105  (a file's name)

TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than our short queries take
    "io_method": "sync",  # no worker processes for reads that the page cache answers
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",  # the cores belong to the workers
    "synchronous_commit": "on",  # a stream entry is deleted after the commit: it must be on disk
    "timezone": "UTC",
    "log_timezone": "UTC",
}

MAKING_SECONDS = 300
"""How long making the cluster may take; on a quiet machine it is half a second."""

STARTED = RestartRule(longest_seconds=2.0, give_up_after=8)
"""Everything waits for a server, so it comes back quickly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Postgres:
    """How PostgreSQL lives in one data folder."""

    folder: DataFolder
    #: the folder of its programs
    binaries: Path
    sockets: Path
    identity: Identity

    #: what its processes are called
    process_name: ClassVar[str] = "postgres"

    @property
    def data(self) -> Path:
        """What it works on."""
        return self.folder.postgres

    @property
    def url(self) -> str:
        """Where clients find it; holds the password."""
        # A password and not `peer`: who we are to the server depends on the identity it runs as
        # (a mapped number, an account, ourselves) and changes with it; a file of mode 0600 does not.
        password = self.folder.secret(PASSWORD_FILE)
        return f"postgresql://{USER}:{password}@/{DATABASE}?host={quote(str(self.sockets), safe='/')}"

    def program(self, before_start: Callable[[], None]) -> Program:
        """Return how it is run."""
        options = {"unix_socket_directories": str(self.sockets), "port": "5432", **TUNING}
        pairs = (f"--{name}={value}" for name, value in options.items())
        return Program(
            name="postgres",
            command=(str(self.binaries / "postgres"), "-D", str(self.folder.postgres), *pairs),
            stop_signal=signal.SIGINT,  # "fast": sessions are cut, everything committed is kept
            orphan_signal=signal.SIGINT,
            identity=self.identity.prefix,
            log=self.folder.logs / "postgres.log",
            before_start=before_start,
            ready=self.ready,
            restart=STARTED,
        )

    def ready(self, pid: int) -> bool:
        """Return whether the postmaster `pid` says that it serves: as `pg_ctl` does, from line 8."""
        try:
            lines = (self.folder.postgres / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def prepare(self) -> None:
        """Make the database cluster, once; refuse one of another major version."""
        if not self.folder.postgres.exists():
            self._create()
        self.identity.give(self.folder.postgres)
        version = (self.folder.postgres / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise CannotStart(
                f"The data folder holds PostgreSQL {version} and this Groundswell brings {MAJOR}: "
                f"with the old installation run `pg_dumpall > all.sql`, move {self.folder.postgres} "
                "away, start this one and load it with `psql -f all.sql`."
            )

    def clear(self) -> None:
        """Remove what a killed postmaster left; call only when none of its processes lives.

        PostgreSQL would refuse to start when the number in its pid file belongs to anyone by now,
        which is the rule in containers.
        """
        (self.folder.postgres / "postmaster.pid").unlink(missing_ok=True)
        for path in self.sockets.glob(".s.PGSQL.*"):
            path.unlink()

    def _create(self) -> None:
        """Make the cluster beside its place and move it there when it is complete."""
        unfinished = self.folder.root / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.identity.give(unfinished)
        password = self.sockets / "initial"
        write_private(password, self.folder.secret(PASSWORD_FILE))
        self.identity.give(password)
        try:
            self._run("initdb", "-D", str(unfinished), "-U", USER, f"--pwfile={password}", *INITDB)
        finally:
            password.unlink()
        # Made while nobody else can connect: every later start finds the database
        self._run(
            "postgres", "--single", "-D", str(unfinished), "postgres", say=f'CREATE DATABASE "{DATABASE}"\n'
        )
        unfinished.rename(self.folder.postgres)

    def _run(self, program: str, *arguments: str, say: str = "") -> None:
        command = tied((str(self.binaries / program), *arguments), signal.SIGKILL)
        try:
            done = subprocess.run(
                (*self.identity.prefix, *command),
                input=say,
                capture_output=True,
                text=True,
                timeout=MAKING_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotStart(
                f"PostgreSQL's data cannot be made in {self.folder.root}: {program} did not end within "
                f"{MAKING_SECONDS} s; see that its disk is well, then start again."
            ) from None
        if done.returncode != 0:
            why = next((line for line in reversed(done.stderr.splitlines()) if "error" in line.lower()), "")
            raise CannotStart(f"PostgreSQL's data cannot be made in {self.folder.root}: {why or done.stderr}")


INITDB = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
"""One collation on every machine: order and case do not move with the system's libraries."""
