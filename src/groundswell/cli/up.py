"""`groundswell up`: everything on this machine, with one command."""

from pathlib import Path
from typing import Annotated

import typer

from groundswell import roles
from groundswell.cli.options import DataDir, Host, Port, settings_for

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def up(
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Worker processes.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Read posts from here, e.g. synthetic, bluesky or file:PATH."),
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", min=0, help="Posts per second.")] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", min=0, help="Replay recorded times this many times as fast.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End the source at the end of the file.")] = False,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Run everything on this machine: servers, API, workers and page."""
    settings = settings_for("up", workers=workers, data_dir=data_dir, host=host, port=port)
    feed = roles.Feed(spec=source, rate=rate, speed=speed, once=once) if source else None
    if feed:
        roles.check_feed(settings, feed)
    roles.run_up(settings, feed, on_ready=lambda page: _tell(page, settings.data_dir, source))


def _tell(page: str, data_dir: Path, source: str | None) -> None:
    typer.echo(f"Groundswell listens at {page} and keeps its data in {data_dir}")
    if source and source.startswith("synthetic"):
        typer.echo(
            "These posts are made up. Where there is a network, --source bluesky (make run SOURCE=bluesky) "
            "shows the real ones of Bluesky, live."
        )
