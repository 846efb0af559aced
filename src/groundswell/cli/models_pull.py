"""`groundswell models pull` and `catalogue`: models of the hub, and which there are."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from groundswell.analysis.fetch import Entry, read_catalogue
from groundswell.cli.options import DataDir, Json, me, settings_for
from groundswell.cli.output import say, show_json, show_table
from groundswell.toolbox import fetcher, tools_for

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Model = Annotated[str, typer.Argument(metavar="KEY", help="A model of the catalogue, by key or alias.")]


@app.command()
def pull(model: Model, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Fetch a model from the hub, check it, and let it answer by its name; goes on where it broke off."""
    with tools_for(settings_for("models", data_dir=data_dir)) as tools, _bar() as bar:
        line = bar.add_task("asking the hub", total=None)

        def tell(done: int, total: int, doing: str) -> None:
            bar.update(line, description=doing, completed=done, total=total or None)

        found = fetcher(tools)
        found.versions.ship()
        version = found.pull(model, by=me(), tell=tell)
    if as_json:
        show_json({"model": version.name, "stage": version.stage, "digest": version.digest})
    elif version.stage == "production":
        say(f"{version.name} is here; ask for it by the name {version.key}.")
    else:
        say(
            f"{version.name} is here as a {version.stage}; another version of {version.key} answers. "
            f'Change that with `groundswell models promote {version.name} --reason "…"`.'
        )


@app.command()
def catalogue(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List every model one may ask for, where it comes from, and what was measured where; needs no server."""
    settings = settings_for("models", data_dir=data_dir)
    entries = read_catalogue(settings.catalogue).entries.values()
    if as_json:
        show_json([asdict(entry) for entry in entries])
    else:
        show_table([_row(entry) for entry in entries], nothing="The catalogue is empty.")


def _row(entry: Entry) -> dict[str, Any]:
    figures = [f"{one.what} {one.value:g} on {one.on} (by {one.by})" for one in entry.measured]
    return {
        "model": entry.key,
        "from": entry.hub or entry.origin,
        "reads": entry.task if len(entry.sentiments) != 2 else "sentiment, never neutral",
        "MB": round(entry.size / 1e6) if entry.size else "",
        "languages": ", ".join(entry.languages),
        "measured by others": "; ".join(figures),
    }


def _bar() -> Progress:
    """Return a progress bar for a terminal; elsewhere it shows nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
