"""`groundswell migrate`: bring the database to this version's schema."""

import typer

from groundswell.cli.options import DataDir, settings_for
from groundswell.installation import servers
from groundswell.store.migrate import migrate as bring_up_to_date

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema."""
    bring_up_to_date(servers(settings_for("migrate", data_dir=data_dir)).database_url)
