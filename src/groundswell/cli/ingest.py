"""`groundswell ingest`: read posts from a source into the stream."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell import roles
from groundswell.cli.options import DataDir, Json, settings_for

if TYPE_CHECKING:
    from groundswell.ingest.pump import PumpResult

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def ingest(
    source: Annotated[str, typer.Argument(help="synthetic, or file:PATH (- is standard input).")],
    rate: Annotated[float | None, typer.Option("--rate", help="Posts per second.")] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", help="Replay recorded times this many times as fast.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End at the end of the file.")] = False,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, for columns with other names.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Read posts from a source into the stream."""
    settings = settings_for("ingest", data_dir=data_dir)
    feed = roles.Feed(spec=source, rate=rate, speed=speed, once=once, columns=tuple(columns or ()))
    shown = sys.stderr.isatty() and not as_json
    result = roles.run_ingest(settings, feed, on_progress=_show if shown else None)
    if as_json:
        typer.echo(json.dumps({"accepted": result.accepted, "rejected": result.rejected}))
        return
    typer.echo("\r" * shown + f"{result.accepted:,} posts accepted, {result.rejected:,} rejected")
    if result.first_error:
        typer.echo(f"The first was rejected because: {result.first_error.message}", err=True)


def _show(so_far: "PumpResult") -> None:
    typer.echo(f"\r{so_far.accepted:,} posts accepted", nl=False, err=True)
