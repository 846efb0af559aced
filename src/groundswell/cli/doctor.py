"""`groundswell doctor`: is this installation well, and if not, what to do."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from groundswell.checkup import Finding, examine, ledger
from groundswell.cli.options import DataDir, Host, Json, Port, settings_for
from groundswell.core.clock import SystemClock

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MARKS = {"good": "ok  ", "warning": "look", "bad": "BAD "}


@app.command()
def doctor(
    check_ledger: Annotated[
        bool, typer.Option("--ledger", help="Prove that nothing was lost or counted twice.")
    ] = False,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Check this installation and say what to do."""
    settings = settings_for("doctor", data_dir=data_dir, host=host, port=port)
    findings = list(ledger(settings) if check_ledger else examine(settings, SystemClock()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _show(findings)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def _show(findings: Iterable[Finding]) -> None:
    for finding in findings:
        typer.echo(f"{MARKS[finding.state]} {finding.check}: {finding.says}")
        if finding.advice:
            typer.echo(f"     → {finding.advice}")
