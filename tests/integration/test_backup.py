"""What is backed up comes back whole or not at all; a database of the version before is upgraded under load."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from tests.conftest import Postgres, run
from tests.integration.journey import SECRET, Journey, raw

from groundswell.core.clock import SystemClock
from groundswell.core.errors import BackupInTheWay, BadBackup
from groundswell.embedded.backup import back_up, restore
from groundswell.store.migrate import _config, _connected, migrate, schema_state

Eventually = Callable[[Callable[[], object], float], None]


@pytest.fixture
def other(postgres: Postgres) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres.execute(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "models" / "mine" / "1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    return tmp_path / "data" / "models"


def fill(journey: Journey, eventually: Eventually, *numbers: int) -> None:
    journey.door.admit([raw(number) for number in numbers])
    with journey.working():
        eventually(journey.is_idle, 20)


def tables(url: str) -> dict[str, int]:
    """Rows of each table, as a whole."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        rows = [(name, connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()) for (name,) in names]
    return {name: int((row or (0,))[0]) for name, row in rows}


def test_what_was_backed_up_comes_back_and_counts_are_true(
    journey: Journey, other: str, models: Path, tmp_path: Path, eventually: Eventually
) -> None:
    fill(journey, eventually, *range(30))
    before = tables(journey.database_url)
    made = back_up(journey.database_url, models, tmp_path / "backup", SystemClock())
    assert made.posts == 30 and made.schema == schema_state(other)[1]
    assert SECRET not in b"".join(
        path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()
    )

    restore(other, tmp_path / "new" / "models", tmp_path / "backup")
    assert tables(other) == before
    assert (tmp_path / "new" / "models" / "mine" / "1" / "manifest.json").exists()
    back = Journey(journey.redis_url, other)
    try:
        back.assert_counts_are_true()
        fill(back, eventually, *range(20, 40))  # known ones count once, also after the way back
        assert len(back.contents()) == 40
        back.assert_counts_are_true()
    finally:
        back.close()


def test_what_is_there_is_not_overwritten_unasked(
    journey: Journey, models: Path, tmp_path: Path, eventually: Eventually
) -> None:
    fill(journey, eventually, 1, 2, 3)
    back_up(journey.database_url, models, tmp_path / "backup", SystemClock())
    fill(journey, eventually, 4)
    with pytest.raises(BackupInTheWay, match="--replace"):
        restore(journey.database_url, models, tmp_path / "backup")
    assert len(journey.contents()) == 4
    restore(journey.database_url, models, tmp_path / "backup", replace=True)
    assert sorted(journey.contents()) == ["p1", "p2", "p3"]
    with pytest.raises(BackupInTheWay, match="exists already"):
        back_up(journey.database_url, models, tmp_path / "backup", SystemClock())


@pytest.mark.parametrize("harm", ["changed", "missing", "added", "link", "no manifest"])
def test_a_backup_that_was_changed_is_refused(
    harm: str, journey: Journey, other: str, models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    back_up(journey.database_url, models, folder, SystemClock())
    if harm == "changed":
        dump = bytearray((folder / "database.dump").read_bytes())
        dump[-1] ^= 1
        (folder / "database.dump").write_bytes(dump)
    elif harm == "missing":
        (folder / "models" / "mine" / "1" / "manifest.json").unlink()
    elif harm == "added":
        (folder / "models" / "encoder.onnx").write_bytes(b"stranger")
    elif harm == "link":
        (folder / "models" / "link").symlink_to("/etc/passwd")
    else:
        (folder / "manifest.json").write_text(json.dumps({"posts": 1}))
    with pytest.raises(BadBackup):
        restore(other, models, folder)
    assert tables(other) == {}


def test_the_commands_say_what_they_did(
    journey: Journey, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    fill(journey, eventually, 1, 2)
    monkeypatch.setenv("REDIS_URL", journey.redis_url)
    monkeypatch.setenv("DATABASE_URL", journey.database_url)
    here = ("--data-dir", str(tmp_path / "data"))
    done = run(sys.executable, "-m", "groundswell", "backup", str(tmp_path / "b"), *here)
    assert done.returncode == 0 and "Backed up 2 posts" in done.stdout, done.stderr
    again = run(sys.executable, "-m", "groundswell", "backup", str(tmp_path / "b"), *here)
    assert again.returncode == 1 and "exists already" in again.stderr
    monkeypatch.setenv("DATABASE_URL", other)
    back = run(sys.executable, "-m", "groundswell", "restore", str(tmp_path / "b"), *here)
    assert back.returncode == 0 and "Restored 2 posts" in back.stdout, back.stderr


def migrate_to_the_one_before(url: str) -> str:
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_revision(str(scripts.get_current_head()))
    before = str(head.down_revision)
    with _connected(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, before)
    return before


def test_the_schema_before_is_upgraded_under_load(redis_url: str, other: str, eventually: Eventually) -> None:
    before = migrate_to_the_one_before(other)
    assert schema_state(other)[0] == before
    journey = Journey(redis_url, other)
    try:
        with journey.working("host:0"), journey.working("host:1"):
            for start in range(0, 300, 50):
                journey.door.admit([raw(number) for number in range(start, start + 50)])
                if start == 100:
                    migrate(other)
            eventually(journey.is_idle, 30)
        state, head = schema_state(other)
        assert state == head
        assert len(journey.contents()) == 300 and journey.parked() == []
        journey.assert_counts_are_true()
    finally:
        journey.close()
