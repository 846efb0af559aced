"""`groundswell backup` and `restore`: everything that is kept, in a folder, and back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from groundswell.cli.options import DataDir, Json, settings_for
from groundswell.core.clock import SystemClock
from groundswell.embedded.backup import Backup, back_up
from groundswell.embedded.backup import restore as bring_back
from groundswell.installation import servers
from groundswell.toolbox import MODELS_FOLDER

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the backup.")]


@app.command()
def backup(folder: Folder, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Write the database and the added models into a new folder, while everything runs.

    The key of pseudonyms is not in it: keep that apart. Posts that wait in the stream are not in it.
    """
    settings = settings_for("backup", data_dir=data_dir)
    models = settings.data_dir.resolve() / MODELS_FOLDER
    _tell(
        back_up(servers(settings).database_url, models, folder, SystemClock()), "Backed up", as_json=as_json
    )


@app.command()
def restore(
    folder: Folder,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring a backup back, whole or not at all, and to this version's schema."""
    settings = settings_for("restore", data_dir=data_dir)
    models = settings.data_dir.resolve() / MODELS_FOLDER
    _tell(
        bring_back(servers(settings).database_url, models, folder, replace=replace),
        "Restored",
        as_json=as_json,
    )


def _tell(backup: Backup, done: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(backup)))
    else:
        typer.echo(f"{done} {backup.posts} posts of {backup.created_at}, schema {backup.schema}.")
