"""What all checks share: files, programs, and the names that Groundswell knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from groundswell.cli.main import COMMANDS
from groundswell.settings import RESERVED, names, secret_file_names

SECONDS = 60


def program(name: str) -> str | None:
    """Return where a program is: beside this Python, else in the path; nginx hides in /usr/sbin."""
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"]  # noqa: TID251
    return shutil.which(name, path=os.pathsep.join(places))


def run(command: Sequence[str], *, cwd: Path | None = None) -> tuple[int, str]:
    """Run a program that reads files; return its exit code and what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=cwd, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def documents(path: Path) -> list[Any]:
    """Return the documents of a YAML file."""
    return [found for found in yaml.safe_load_all(path.read_text()) if found is not None]


@cache
def setting_names() -> frozenset[str]:
    """Every name a setting has in the environment, files of secrets included."""
    plain = {alias for aliases in names().values() for alias in aliases}
    return frozenset(plain | set(secret_file_names().values()) | RESERVED)


def unknown_settings(given: Sequence[str]) -> Iterator[str]:
    """Return those of `given` that no role would understand."""
    return (f"there is no setting {name}" for name in given if name not in setting_names())


def unknown_command(arguments: Sequence[str]) -> Iterator[str]:
    """Say it when the first argument is no command of ours."""
    if not arguments or arguments[0] not in COMMANDS:
        yield f"there is no command {' '.join(arguments) or '(none)'}"
