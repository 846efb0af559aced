"""As whom PostgreSQL runs: it refuses root, and root's folders are closed to everyone else."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from groundswell.core.errors import CannotStart

ACCOUNTS = ("groundswell", "postgres", "nobody")
"""Unprivileged accounts for a root without user namespaces, the most fitting first."""

TRIAL_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who runs PostgreSQL, and how a command becomes them."""

    #: goes before the command
    prefix: tuple[str, ...] = ()
    #: (uid, gid) that must own its files, where that is not us
    owner: tuple[int, int] | None = None

    @property
    def uid(self) -> int:
        """Who owns PostgreSQL's files, as the file system sees it."""
        return self.owner[0] if self.owner else os.geteuid()

    def give(self, path: Path) -> None:
        """Hand `path` and all below it over, where somebody else ran PostgreSQL before."""
        if os.geteuid() != 0 or path.stat().st_uid == self.uid:
            return
        uid, gid = self.owner or (os.geteuid(), os.getegid())
        for folder, _, names in os.walk(path, topdown=False):  # cut short, it begins again: the top is last
            for inside in (*(Path(folder) / name for name in names), Path(folder)):
                os.chown(inside, uid, gid, follow_symlinks=False)
        os.chown(path, uid, gid)


def choose() -> Identity:
    """Return ourselves; as root, another number in a user namespace, else an unprivileged account.

    In the namespace we stay root to the file system, so a folder closed to others is no obstacle;
    containers that forbid namespaces leave the account. The mapped number must be in the password
    database, where PostgreSQL looks up who it is.
    """
    if os.geteuid() != 0:
        return Identity()
    others = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    if not others:
        raise CannotStart("PostgreSQL refuses to run as root and there is no other account on this machine.")
    mapped = Identity(prefix=("unshare", "--user", f"--map-user={next(iter(others.values())).pw_uid}"))
    if can(mapped, "true"):
        return mapped
    account = next((others[name] for name in ACCOUNTS if name in others), next(iter(others.values())))
    switch = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return Identity(prefix=switch, owner=(account.pw_uid, account.pw_gid))


def can(identity: Identity, *command: str) -> bool:
    """Return whether `command` succeeds as `identity`: a trial, because no rule foretells it.

    Raises `CannotStart` when it does not end: a guess could hand the data over to somebody else.
    """
    try:
        done = subprocess.run(
            (*identity.prefix, *command), capture_output=True, timeout=TRIAL_SECONDS, check=False, cwd="/"
        )
    except FileNotFoundError:
        return False
    except subprocess.TimeoutExpired:
        raise CannotStart(
            f"`{' '.join(command)}` did not end within {TRIAL_SECONDS} s: the machine is too busy; try again later."
        ) from None
    return done.returncode == 0


def let_in(identity: Identity, root: Path) -> None:
    """Make sure that `identity` reaches the data folder; only that folder is opened, never its parents.

    Raises `CannotStart` when it lies behind a closed folder.
    """
    if identity.owner:
        # others may pass through to what they own, but neither list nor read: secrets are 0600
        root.chmod(root.stat().st_mode | 0o011)
    if not can(identity, "test", "-x", str(root)):
        raise CannotStart(
            f"PostgreSQL cannot run as root and nobody else can reach {root}; "
            "choose a --data-dir outside private folders, or set DATABASE_URL."
        )


def reachable_binaries(identity: Identity, binaries: Path, root: Path) -> Path:
    """Return PostgreSQL's folder of programs, copied beside the data where `identity` cannot reach it."""
    if can(identity, str(binaries / "postgres"), "--version"):
        return binaries
    copy = root / "programs" / binaries.parent.name
    if not can(identity, str(copy / "bin" / "postgres"), "--version"):
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(binaries.parent, copy, symlinks=True)
        copy.parent.chmod(0o755)
    return copy / "bin"
