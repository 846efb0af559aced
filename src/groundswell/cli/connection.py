"""A command's way to the store of the Groundswell that runs in a data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundswell.cli.options import settings_for
from groundswell.toolbox import tools_for


@contextmanager
def transaction(command: str, data_dir: Path | None) -> Iterator[Any]:
    """Yield a connection in a transaction; `command` is how log lines name it. Raises `NotRunning`."""
    with (
        tools_for(settings_for(command, data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        yield connection
