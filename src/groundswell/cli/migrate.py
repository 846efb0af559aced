"""`groundswell migrate`: bring the database to this version's schema."""

from typing import Annotated

import typer

from groundswell.cli.options import DataDir, settings_for
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import StoreUnavailable
from groundswell.core.retry import Backoff
from groundswell.installation import servers
from groundswell.store.migrate import migrate as bring_up_to_date

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def migrate(
    data_dir: DataDir = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for a database that does not answer yet.")
    ] = 60.0,
) -> None:
    """Bring the database to this version's schema."""
    _migrate(servers(settings_for("migrate", data_dir=data_dir)).database_url, wait, SystemClock())


def _migrate(url: str, seconds: float, clock: Clock) -> None:
    """Try until the database answers; it may be starting, or recovering from a crash.

    Raises `StoreUnavailable` after `seconds`.
    """
    backoff, deadline = Backoff(), clock.monotonic() + seconds
    while True:
        try:
            return bring_up_to_date(url)
        except StoreUnavailable:
            pause = backoff.wait()
            if clock.monotonic() + pause > deadline:
                raise
            clock.sleep(pause)
