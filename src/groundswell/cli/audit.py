"""`groundswell audit`: who did what, when, from where."""

from typing import Annotated

import typer

from groundswell.cli.options import DataDir, Json, settings_for
from groundswell.cli.output import show_list, show_table
from groundswell.store import audit as log
from groundswell.toolbox import tools_for

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def audit(
    actor: Annotated[str | None, typer.Option("--key", help="Only what this key did, by its id.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, e.g. key.revoke.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to list.")] = 20,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List who did what, newest first; nothing is ever removed from it."""
    with (
        tools_for(settings_for("audit", data_dir=data_dir)) as tools,
        tools.database.reading() as connection,
    ):
        found, total = log.page(connection, actor=actor, action=action, limit=limit)
    if as_json:
        show_list(found, total=total, limit=limit, offset=0)
        return
    rows = [
        {
            "at": f"{entry.at:%Y-%m-%d %H:%M:%S}",
            "who": f"{entry.actor_name} {entry.actor}".strip(),
            "did": entry.action,
            "to": entry.target,
            "outcome": entry.outcome,
            "from": entry.address,
        }
        for entry in found
    ]
    show_table(rows, nothing="Nothing was done yet.")
