"""What is given to settings beside flags and `groundswell.toml`: documented variables, and secrets as files."""

import os
from collections.abc import Mapping, Set
from pathlib import Path

from pydantic_settings import EnvSettingsSource, PydanticBaseSettingsSource

from groundswell.core.errors import BadSettings


def keep_documented(source: PydanticBaseSettingsSource, documented: Set[str]) -> None:
    """Forget variables that have a field's name but are not a setting's.

    Fields are known by their own names too, for flags; but HOST, MODEL or WORKERS in an
    environment belong to somebody else: shells and conda export HOST.
    """
    if isinstance(source, EnvSettingsSource):
        source.env_vars = {name: value for name, value in source.env_vars.items() if name in documented}


def secret_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Read the secrets that are given as files, as containers get them: first line, without its end.

    `variables` are, for each name of a secret, the variable that names its file. Raises `BadSettings`
    for a file that cannot be read or is empty.
    """
    found = {}
    for alias, variable in variables.items():
        if path := os.environ.get(variable):
            found[alias] = _first_line(variable, Path(path))
    return found


def _first_line(variable: str, path: Path) -> str:
    try:
        line = path.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The file of {variable} cannot be read: {error}.") from None
    if not line:
        raise BadSettings(f"The file of {variable}, {path}, is empty.")
    return line
