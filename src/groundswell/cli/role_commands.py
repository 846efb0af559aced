"""`groundswell api`, `worker` and `watch`: one role alone, in any number, on any machine."""

import typer

from groundswell import roles
from groundswell.cli.options import DataDir, Host, Name, Port, settings_for
from groundswell.cli.up import refuse_public

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def api(data_dir: DataDir = None, host: Host = None, port: Port = None, name: Name = None) -> None:
    """Run the API alone."""
    settings = settings_for(name or "api", data_dir=data_dir, host=host, port=port)
    refuse_public(settings.host)
    roles.run_api(settings, name)


@app.command()
def worker(data_dir: DataDir = None, name: Name = None) -> None:
    """Run one worker alone."""
    roles.run_worker(settings_for(name or "worker", data_dir=data_dir), name)


@app.command()
def watch(data_dir: DataDir = None, name: Name = None) -> None:
    """Run the watcher alone: jobs, alerts and housekeeping."""
    roles.run_watch(settings_for(name or "watch", data_dir=data_dir), name)
