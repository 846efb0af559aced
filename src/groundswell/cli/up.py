"""`groundswell up`: everything on this machine, with one command."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from groundswell import roles
from groundswell.cli.options import DataDir, Host, Port, settings_for
from groundswell.core.errors import BadSettings

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
    refuse_public(settings.host)
    feed = roles.Feed(spec=source, rate=rate, speed=speed, once=once) if source else None
    if feed:
        roles.check_feed(settings, feed)
    roles.up(settings, feed, on_ready=lambda page: _tell(page, settings.data_dir, source))


def _tell(page: str, data_dir: Path, source: str | None) -> None:
    typer.echo(f"Groundswell listens at {page} and keeps its data in {data_dir}")
    if source and source.startswith("synthetic"):
        typer.echo(
            "These posts are made up. Where there is a network, --source bluesky (make run SOURCE=bluesky) "
            "shows the real ones of Bluesky, live."
        )


def refuse_public(host: str) -> None:
    """Raise `BadSettings` for an address that other machines can reach."""
    if host != "localhost" and not _is_loopback(host):
        raise BadSettings(
            f"The API would be open to everyone who reaches {host}: keys come with the access issue, "
            "until then listen on 127.0.0.1 (and put a proxy that asks for a password before it)."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
