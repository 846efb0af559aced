"""Reading the settings, and saying where each came from; a name that does not exist is refused."""

import difflib
import os
import socket
from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, TomlConfigSettingsSource

from groundswell.core.errors import BadSettings
from groundswell.settings.table import RESERVED, Settings, names, secret_file_names

PREFIX = "GROUNDSWELL_"


def load_settings(**flags: object) -> Settings:
    """Read the settings; a flag that is None counts as not given.

    Raises `BadSettings` in one sentence that names the setting.
    """
    _refuse_unknown()
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        why = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        raise BadSettings(f"The setting {_spelled(first['loc'])} is wrong: it must be {why}.") from None


def _spelled(loc: tuple[int | str, ...]) -> str:
    """Return the name of a setting as it is written in the environment, else the one we document."""
    name = str(loc[0]) if loc else "that was given"
    aliases = next((found for field, found in names().items() if name in {field, *found}), (name,))
    return next((alias for alias in aliases if alias in os.environ), aliases[0])


def origins(given: Mapping[str, object]) -> dict[str, str]:
    """Return where each field's value comes from; `given` are the flags that were set."""
    file = _toml()
    sources: list[tuple[str, set[str]]] = [
        ("environment", {name.lower() for name in os.environ}),
        ("file", {name.lower() for name, file in secret_file_names().items() if file in os.environ}),
        (".env", set(DotEnvSettingsSource(Settings).env_vars)),
    ]
    found: dict[str, str] = {}
    for field, aliases in names().items():
        spellings = {alias.lower() for alias in aliases}
        holders = [name for name, values in sources if not spellings.isdisjoint(values)]
        if not file.keys().isdisjoint({field, *aliases}):
            holders.append("groundswell.toml")
        found[field] = "flag" if given.get(field) is not None else next(iter(holders), "default")
    return found


def _toml() -> Mapping[str, object]:
    """Return what groundswell.toml says.

    Raises `BadSettings` where it is no TOML.
    """
    try:
        return TomlConfigSettingsSource(Settings).toml_data
    except ValueError as error:
        raise BadSettings(f"groundswell.toml cannot be read: {error}.") from None


def _refuse_unknown() -> None:
    """Raise for a name that does not exist, naming the nearest one that does.

    Of the environment and `.env`, which others use too, only GROUNDSWELL_* names are ours.
    """
    aliases = {alias for choices in names().values() for alias in choices} | RESERVED
    aliases |= set(secret_file_names().values())
    given = [*os.environ, *(name.upper() for name in DotEnvSettingsSource(Settings).env_vars)]
    for name in given:
        if name.startswith(PREFIX) and name not in aliases:
            raise BadSettings(f"There is no setting {name}; did you mean {_nearest(name, aliases)}?")
    for name in _toml():
        if name not in aliases | names().keys():
            near = _nearest(name, aliases if name.isupper() else names())
            raise BadSettings(f"There is no setting {name} (groundswell.toml); did you mean {near}?")


def _nearest(name: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)[0]


def host_name() -> str:
    """Return this machine's name, for naming its processes."""
    return socket.gethostname()
