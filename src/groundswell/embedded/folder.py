"""The data folder: its layout, its lock, its secrets, and the note that tells others what runs in it."""

import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from groundswell.core.clock import Clock
from groundswell.core.errors import CannotStart, DataFolderBusy, NotRunning

SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket on Linux; unix(7), sun_path."""
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
LOCK_PATIENCE_SECONDS = 0.5
"""Longer than another command holds the lock to ask whether we run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Servers:
    """The servers a running `up` uses, as it tells other commands; holds secrets."""

    database_url: str
    redis_url: str
    #: of the `up` that uses them; None where nobody told us of one
    pid: int | None = None
    #: where that `up` serves the page
    page: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFolder:
    """Where everything of one installation lies."""

    root: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only file."""
        return self.root / "valkey"

    @property
    def logs(self) -> Path:
        """What the servers say."""
        return self.root / "logs"

    def pulse(self, name: str) -> Path:
        """Return the file that the program called `name` touches while its work goes on."""
        return self.root / "pulses" / name

    def prepare(self) -> None:
        """Make the folder, for us alone; the permissions of an existing one stay as they are."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.valkey, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"The data folder {self.root} cannot be used: {error.strerror}.") from None

    @contextmanager
    def lock(self, clock: Clock) -> Iterator[None]:
        """Hold the folder alone; the kernel lets go of it even after `kill -9`.

        Raises `DataFolderBusy` when another process holds it.
        """
        self.prepare()
        with (self.root / "lock").open("a") as file:
            patience = clock.monotonic() + LOCK_PATIENCE_SECONDS
            while not _locked(file.fileno(), fcntl.LOCK_EX):
                if clock.monotonic() > patience:
                    raise DataFolderBusy
                clock.sleep(0.05)
            yield

    def sockets(self, *owners: int) -> Path:
        """Return a private folder whose sockets' paths are short enough, making it where needed.

        It lies in the data folder; if that path is too long, under the temporary folder, where
        `CannotStart` is raised if it belongs neither to us nor to `owners`, or is open to others.
        """
        inside = self.root / "run"
        if _fits(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            return inside
        name = f"groundswell-{os.geteuid()}-{sha256(bytes(self.root)).hexdigest()[:12]}"
        outside = Path(tempfile.gettempdir()) / name
        if not _fits(outside):
            raise CannotStart(f"The path {self.root} is too long for a socket; choose a shorter --data-dir.")
        outside.mkdir(mode=0o700, exist_ok=True)
        _check_private(outside, {os.geteuid(), *owners})
        return outside

    def secret(self, name: str) -> str:
        """Return the secret kept in the file `name` (mode 0600), making it when there is none."""
        with suppress(FileNotFoundError):
            return (self.root / name).read_text().strip()
        value = secrets.token_hex(32)
        write_private(self.root / name, value + "\n")
        return value

    def tell(self, servers: Servers) -> None:
        """Leave the note that `running` reads."""
        write_private(self.root / "servers.json", json.dumps(asdict(servers)))

    def tell_nothing(self) -> None:
        """Take the note away."""
        (self.root / "servers.json").unlink(missing_ok=True)


def running(root: Path) -> Servers:
    """Return the servers of the `up` that runs in the data folder `root`.

    Raises `NotRunning` when none does, also when one was killed and left its note.
    """
    try:
        with (root / "lock").open() as file:
            if _locked(file.fileno(), fcntl.LOCK_SH):
                raise NotRunning
        return Servers(**json.loads((root / "servers.json").read_text()))
    except FileNotFoundError:
        raise NotRunning from None
    except PermissionError:
        raise NotRunning(f"The data folder {root} belongs to another user; run this as that user.") from None


def write_private(path: Path, text: str) -> None:
    """Write `text` where only we can read it; after a crash either all of it is there or nothing."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fits(folder: Path) -> bool:
    return len(bytes(folder / LONGEST_SOCKET_NAME)) < SOCKET_PATH_BYTES


def _check_private(folder: Path, owners: set[int]) -> None:
    """Refuse a folder that another user could have put there to listen in."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o077 or status.st_uid not in owners:
        raise CannotStart(f"The folder {folder} is open to other users; remove it and start again.")
