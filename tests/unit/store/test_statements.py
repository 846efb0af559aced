"""SQL stands in files: every statement is described, and none lies unused."""

import re
from pathlib import Path

import pytest

import groundswell.store
from groundswell.store import statements

FOLDER = Path(groundswell.store.__path__[0])
FILES = sorted(path.stem for path in (FOLDER / "sql").glob("*.sql"))
CODE = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_described_and_used(file: str) -> None:
    for name, statement in statements.load("groundswell.store", file).items():
        assert re.match(r"-- \w.*[.:,;)\w]$", statement.splitlines()[0]), f"{file}: {name} is not described"
        assert f'"{name}"' in CODE, f"{file}: {name} is not used"
    assert f'"{file}"' in CODE


def test_a_name_is_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "twice.sql").write_text("-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n")
    monkeypatch.setattr(statements, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="twice"):
        statements.load("a package", "twice")
