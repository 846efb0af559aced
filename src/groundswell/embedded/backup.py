"""A backup is a folder: the database as pg_dump writes it, the added models, and what each file must hash to."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from groundswell import __version__
from groundswell.core.clock import Clock
from groundswell.core.errors import BackupInTheWay, BadBackup
from groundswell.embedded.programs import postgres_programs
from groundswell.store.migrate import migrate, schema_state

DUMP, MODELS, MANIFEST = "database.dump", "models", "manifest.json"
_ENVIRONMENT = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """What a backup says about itself."""

    created_at: str
    version: str
    schema: str
    posts: int
    files: Mapping[str, str]


def back_up(database_url: str, models: Path, folder: Path, clock: Clock) -> Backup:
    """Write a backup into `folder`, which must not exist; roles may go on working meanwhile.

    The database is as at one moment. Posts that wait in the stream are not in it. Raises `BackupInTheWay`,
    or `BadBackup` when pg_dump fails.
    """
    if folder.exists():
        raise BackupInTheWay(f"{folder} exists already; name a folder that does not.")
    folder.mkdir(mode=0o700, parents=True)
    _run("pg_dump", database_url, "--format=custom", "--no-owner", f"--file={folder / DUMP}")
    if models.is_dir():
        shutil.copytree(models, folder / MODELS)
    backup = Backup(
        created_at=clock.now().isoformat(),
        version=__version__,
        schema=str(schema_state(database_url)[0]),
        posts=_posts(database_url),
        files={str(path.relative_to(folder)): _hash(path) for path in _files(folder)},
    )
    told = {name: getattr(backup, name) for name in Backup.__slots__}
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n")
    return backup


def restore(database_url: str, models: Path, folder: Path, *, replace: bool = False) -> Backup:
    """Bring back what `back_up` wrote, in one transaction, then bring it to this version's schema.

    Raises `BadBackup` for a folder that is none or was changed, and `BackupInTheWay` when posts are
    there already and `replace` is not set.
    """
    backup = read(folder)
    if not replace and _posts(database_url):
        raise BackupInTheWay("The database holds posts already; --replace puts the backup in their place.")
    how = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    database = f"--dbname={conninfo_to_dict(database_url).get('dbname', '')}"
    _run("pg_restore", database_url, *how, database, str(folder / DUMP))
    migrate(database_url)
    if (folder / MODELS).is_dir():
        shutil.copytree(folder / MODELS, models, dirs_exist_ok=True)
    return backup


def read(folder: Path) -> Backup:
    """Return what a backup says about itself, after its files were compared with it.

    Raises `BadBackup`.
    """
    try:
        backup = Backup(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError):
        raise BadBackup(f"{folder} is no backup: it has no readable {MANIFEST}.") from None
    found = {str(path.relative_to(folder)): _hash(path) for path in _files(folder)}
    changed = sorted(name for name in {*found, *backup.files} if found.get(name) != backup.files.get(name))
    if changed or DUMP not in found:
        raise BadBackup(f"The backup {folder} was changed or is incomplete: {', '.join(changed) or DUMP}.")
    return backup


def _files(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    if links := [path for path in paths if path.is_symlink()]:
        raise BadBackup(f"A backup holds no links: {links[0]}.")
    return [path for path in paths if path != folder / MANIFEST]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _posts(database_url: str) -> int:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        if connection.execute("SELECT to_regclass('posts')").fetchone() == (None,):
            return 0
        row = connection.execute("SELECT count(*) FROM posts").fetchone()
    return int((row or (0,))[0])


def _run(program: str, database_url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's; the login goes through its environment, which others cannot read."""
    given = conninfo_to_dict(database_url)
    environment = {name: str(given[key]) for key, name in _ENVIRONMENT.items() if given.get(key) is not None}
    command = [str(postgres_programs() / program), "--no-password", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        says = done.stderr.strip().splitlines()
        raise BadBackup(f"{program} failed: {says[-1] if says else done.returncode}.")
