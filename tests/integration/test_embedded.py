"""The embedded servers under everything that may happen to them and to their owner."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from tests.patience import PATIENCE

from groundswell.embedded import DataFolder, EmbeddedServers
from groundswell.embedded.identity import Identity, can

Eventually = Callable[..., None]

REPOSITORY = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@dataclass
class Owner:
    """A process that owns the servers of one data folder."""

    folder: Path
    flags: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    where: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Owner:
        """Start it and wait until both servers serve."""
        said = self._run()
        assert said.startswith("{"), said
        self.where = json.loads(said)
        return self

    def refused(self) -> str:
        """Start it where it must be refused, and return the sentence it says."""
        said = self._run()
        assert self.process
        assert self.process.wait(PATIENCE) == 1
        return said

    def _run(self) -> str:
        """Start it and return the last line it says: where the servers are, or why they are not."""
        command = (
            *self.prefix,
            sys.executable,
            "-m",
            "tests.integration.owner",
            str(self.folder),
            *self.flags,
        )
        with tempfile.NamedTemporaryFile("w+") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, cwd=REPOSITORY)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                ended = self.process.poll() is not None
                lines = Path(output.name).read_text().splitlines()
                if ended or (lines and lines[-1].endswith("}")):
                    return lines[-1] if lines else ""
                time.sleep(0.02)
        raise AssertionError("the servers did not start in time")

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal, wait for its end and return its exit code."""
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def remember(self, word: str) -> None:
        """Write `word` to both servers."""
        with psycopg.connect(self.where["database_url"]) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
            connection.execute("INSERT INTO words VALUES (%s)", (word,))
        with redis.Redis.from_url(self.where["redis_url"]) as client:
            client.xadd("words", {"word": word})

    def remembers(self) -> tuple[set[str], set[str]] | None:
        """Return the words that each server knows, or None while one is down."""
        try:
            with psycopg.connect(self.where["database_url"]) as connection:
                rows = connection.execute("SELECT word FROM words").fetchall()
            with redis.Redis.from_url(self.where["redis_url"]) as client:
                entries = client.xrange("words")
        except (psycopg.OperationalError, redis.RedisError):
            return None
        return {row[0] for row in rows}, {fields[b"word"].decode() for _, fields in entries}


def at_work_in(folder: Path) -> list[str]:
    """Name every process whose working folder or command line lies in `folder`."""
    found = []
    for process in psutil.process_iter(["name", "cwd", "cmdline", "status"]):
        info = process.info
        places = [info["cwd"] or "", *(info["cmdline"] or [])]
        if info["status"] != psutil.STATUS_ZOMBIE and any(str(folder) in place for place in places):
            found.append(info["name"])
    return found


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of our own with a short path."""
    folder = Path(f"/tmp/gs-{uuid.uuid4().hex[:8]}")  # noqa: S108
    folder.mkdir(mode=0o700)
    yield folder
    for name in at_work_in(folder):
        pytest.fail(f"{name} was left behind")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start: copying it is faster than making one."""
    folder = tmp_path_factory.mktemp("made") / "data"
    owner = Owner(folder).start()
    owner.remember("first")
    assert owner.end() == 0
    return folder


@pytest.fixture
def owner(home: Path, made_once: Path) -> Iterator[Owner]:
    """A running owner."""
    shutil.copytree(made_once, home / "data")
    running = Owner(home / "data").start()
    yield running
    assert running.process
    if running.process.poll() is None:
        running.end()


BOTH = ({"first"}, {"first"})


def test_what_was_stored_is_there_after_a_restart(owner: Owner) -> None:
    owner.remember("second")
    assert owner.end() == 0
    owner.start()
    assert owner.remembers() == ({"first", "second"}, {"first", "second"})


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_killed_server_comes_back_with_everything(
    owner: Owner, server: str, eventually: Eventually
) -> None:
    for number in range(3):
        owner.remember(f"before {number}")
        known = owner.remembers()
        (pid,) = (p.pid for p in psutil.Process(owner.process.pid).children() if p.name().startswith(server))  # type: ignore[union-attr]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda known=known: owner.remembers() == known, 30)
    names = [process.name() for process in psutil.Process(owner.process.pid).children()]  # type: ignore[union-attr]
    assert sorted(names) == ["postgres", "valkey-server"]


def test_a_killed_session_costs_no_more_than_the_session(owner: Owner, eventually: Eventually) -> None:
    with psycopg.connect(owner.where["database_url"]) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        eventually(lambda: owner.remembers() == BOTH, 30)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_promise_9_nothing_is_left_behind_and_nothing_doubled(
    owner: Owner, how: signal.Signals, eventually: Eventually
) -> None:
    assert "Another Groundswell is running" in Owner(owner.folder).refused()
    code = owner.end(how)
    assert code == (-signal.SIGKILL if how == signal.SIGKILL else 0)
    if how == signal.SIGKILL:  # the kernel tells the servers, which take a moment
        eventually(lambda: at_work_in(owner.folder) == [], 20)
    assert at_work_in(owner.folder) == []
    assert owner.start().remembers() == BOTH


def test_one_command_leads_back_at_once_after_the_owner_was_killed(owner: Owner) -> None:
    owner.end(signal.SIGKILL)
    assert owner.start().remembers() == BOTH
    assert sorted(at_work_in(owner.folder)).count("valkey-server") == 1


def test_servers_that_outlived_their_owner_are_ended_first(owner: Owner, eventually: Eventually) -> None:
    assert owner.end() == 0
    folder = DataFolder(root=owner.folder)
    embedded = EmbeddedServers(folder)
    left = []
    for server in (embedded.postgres, embedded.valkey):
        assert server
        program = server.program(lambda: None)
        with (owner.folder / "logs" / "left").open("wb") as log:
            process = subprocess.Popen((*program.identity, *program.command), stdout=log, stderr=log)
        eventually(partial(server.ready, process.pid), 30)
        left.append(process)
    assert owner.start().remembers() == BOTH
    assert [process.poll() for process in left] == [0, 0]


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(owner: Owner) -> None:
    assert owner.end() == 0
    sockets = owner.folder / "run"
    for path in (owner.folder / "postgres" / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        path.write_text(f"{os.getpid()}\n{owner.folder / 'postgres'}\n1\n5432\n{sockets}\n\n")
    assert owner.start().remembers() == BOTH


def test_a_first_start_that_was_cut_short_begins_again(home: Path) -> None:
    unfinished = home / "data" / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    running = Owner(home / "data").start()
    assert running.end() == 0


def test_data_of_another_major_version_is_refused(owner: Owner) -> None:
    assert owner.end() == 0
    (owner.folder / "postgres" / "PG_VERSION").write_text("17\n")
    said = owner.refused()
    assert "PostgreSQL 17" in said
    assert "pg_dumpall" in said


def test_valkey_writes_each_entry_to_disk_before_it_answers(owner: Owner) -> None:
    with redis.Redis.from_url(owner.where["redis_url"]) as client:
        config = client.config_get("append*", "maxmemory*", "save")
    assert (config["appendonly"], config["appendfsync"]) == ("yes", "always")
    assert config["maxmemory-policy"] == "noeviction"
    assert int(config["maxmemory"]) > 0
    assert config["save"] == ""


def test_half_an_entry_at_the_end_of_valkeys_file_is_no_obstacle(owner: Owner) -> None:
    assert owner.end() == 0
    (file,) = owner.folder.glob("valkey/appendonlydir/*.incr.aof")
    file.write_bytes(file.read_bytes() + b"*5\r\n$4\r\nXADD\r\n$5\r\nwor")  # nobody was told that it is there
    assert owner.start().remembers() == BOTH


def test_a_broken_file_of_valkeys_is_named_and_left_as_it_is(owner: Owner) -> None:
    assert owner.end() == 0
    (file,) = owner.folder.glob("valkey/appendonlydir/*.incr.aof")
    broken = b"not an entry\r\n" + file.read_bytes()
    file.write_bytes(broken)
    said = owner.refused()
    assert said.startswith("valkey does not start") and file.name in said and "valkey-check-aof" in said
    assert file.read_bytes() == broken


def test_order_does_not_depend_on_the_machine(owner: Owner) -> None:
    with psycopg.connect(owner.where["database_url"]) as connection:
        row = connection.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding), current_setting('timezone'),"
            " current_setting('listen_addresses') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("b", "C.UTF-8", "UTF8", "UTC", "")


def test_nobody_enters_without_the_password(owner: Owner) -> None:
    sockets = owner.folder / "run"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://groundswell:wrong@/groundswell?host={sockets}")
    assert (owner.folder / "postgres.password").stat().st_mode & 0o777 == 0o600
    for folder in (sockets, owner.folder / "postgres"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_long_path_gets_a_short_folder_for_its_sockets(home: Path, made_once: Path) -> None:
    deep = home / ("deep" * 30) / "data"
    shutil.copytree(made_once, deep)
    running = Owner(deep).start()
    try:
        assert running.remembers() == BOTH
        assert str(deep) not in running.where["redis_url"]
        sockets = Path(running.where["redis_url"].removeprefix("unix://")).parent
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        running.end()
    shutil.rmtree(sockets)


@needs_root
def test_another_user_than_root_is_served_as_well(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    prefix: tuple[str, ...] = (
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
    )
    if not can(Identity(prefix=prefix), sys.executable, "-c", "import groundswell"):
        # a clone in root's own folder: not root by number, but root to the file system
        prefix = ("unshare", "--user", f"--map-user={nobody.pw_uid}")
    else:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    running = Owner(home / "data", prefix=prefix).start()
    running.remember("first")
    assert running.remembers() == BOTH
    assert running.end() == 0


@needs_root
def test_root_without_namespaces_uses_an_account(home: Path, eventually: Eventually) -> None:
    home.chmod(0o755)
    running = Owner(home / "data", flags=("--no-namespaces",)).start()
    running.remember("first")
    assert psutil.Process(int(running.where["postgres"])).uids().real != 0
    running.end(signal.SIGKILL)
    eventually(lambda: at_work_in(home) == [], 20)
    assert running.start().remembers() == BOTH
    assert running.end() == 0


@needs_root
def test_data_follows_who_runs_postgres(home: Path, made_once: Path) -> None:
    home.chmod(0o755)
    shutil.copytree(made_once, home / "data")
    for flags in (("--no-namespaces",), ()):
        running = Owner(home / "data", flags=flags).start()
        assert running.remembers() == BOTH
        assert running.end() == 0


@needs_root
def test_root_without_namespaces_is_told_that_a_closed_folder_cannot_be_used(home: Path) -> None:
    said = Owner(home / "data", flags=("--no-namespaces",)).refused()
    assert "choose a --data-dir outside private folders" in said
    assert home.stat().st_mode & 0o777 == 0o700
