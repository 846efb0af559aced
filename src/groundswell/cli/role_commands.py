"""`groundswell api`, `worker`, `model` and `watch`: one role alone, in any number, on any machine."""

from typing import Annotated

import typer

from groundswell import roles, tracing
from groundswell.cli.options import DataDir, Host, MetricsPort, Name, Port, settings_for

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ModelPort = Annotated[int | None, typer.Option("--port", help="Port it listens on (default: 8081).")]

HasPulse = Annotated[
    bool,
    typer.Option("--pulse", help="Touch a file of the data folder while work goes on, as `up` wants it."),
]


@app.command()
def api(
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    metrics_port: MetricsPort = None,
    name: Name = None,
) -> None:
    """Run the API alone."""
    given = {"data_dir": data_dir, "host": host, "port": port, "metrics_port": metrics_port}
    settings = settings_for(name or "api", **given)
    tracing.begin(settings.otlp_endpoint, "api", name or "api")
    roles.run_api(settings, name)


@app.command()
def worker(
    data_dir: DataDir = None,
    metrics_port: MetricsPort = None,
    name: Name = None,
    has_pulse: HasPulse = False,
) -> None:
    """Run one worker alone."""
    given = {"data_dir": data_dir, "metrics_port": metrics_port}
    settings = settings_for(name or "worker", **given)
    tracing.begin(settings.otlp_endpoint, "worker", name or "worker")
    roles.run_worker(settings, name, has_pulse=has_pulse)


@app.command()
def watch(data_dir: DataDir = None, metrics_port: MetricsPort = None, name: Name = None) -> None:
    """Run the watcher alone: jobs, alerts and housekeeping."""
    given = {"data_dir": data_dir, "metrics_port": metrics_port}
    roles.run_watch(settings_for(name or "watch", **given), name)


MODEL_PORT = 8081


@app.command()
def model(
    data_dir: DataDir = None,
    host: Host = None,
    port: ModelPort = None,
    metrics_port: MetricsPort = None,
    name: Name = None,
) -> None:
    """Run the model service alone: it reads texts for APIs and workers.

    Those find it by MODEL_SERVICE_URL. It follows the registry of a running installation; in an
    empty data folder it serves the shipped model without a database.
    """
    given = {"data_dir": data_dir, "host": host, "port": port or MODEL_PORT, "metrics_port": metrics_port}
    settings = settings_for(name or "model", **given)
    tracing.begin(settings.otlp_endpoint, "model", name or "model")
    roles.run_model(settings, name)
