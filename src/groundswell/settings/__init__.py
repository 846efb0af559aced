"""The one table of settings: name, default, and a sentence for each; the only reader of the environment.

Order of precedence: command-line flag, environment, `.env`, `groundswell.toml`, default.

`form` says how a setting is declared, `places`, `serving`, `posts`, `models` and `learning` declare them in
groups, `table` puts the groups together, `sources` and `reading` read what was given.
"""

from groundswell.settings.learning import is_cron
from groundswell.settings.reading import host_name, load_settings, origins
from groundswell.settings.table import GROUPS, RESERVED, Settings, names, secret_file_names

__all__ = [
    "GROUPS",
    "RESERVED",
    "Settings",
    "host_name",
    "is_cron",
    "load_settings",
    "names",
    "origins",
    "secret_file_names",
]
