"""Options that several commands share, and how a command gets its settings."""

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from groundswell.observe import configure_logging
from groundswell.settings import Settings, load_settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the embedded servers, keys and models (default: data)."),
]
Host = Annotated[str | None, typer.Option("--host", help="Address the API listens on (default: 127.0.0.1).")]
Port = Annotated[int | None, typer.Option("--port", help="Port the API listens on (default: 8000).")]
MetricsPort = Annotated[
    int | None,
    typer.Option("--metrics-port", min=0, max=65535, help="Port of /metrics and /health (default: none)."),
]
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
Begin = Annotated[datetime | None, typer.Option("--from", formats=MOMENTS, help="Begin, in UTC.")]
End = Annotated[datetime | None, typer.Option("--to", formats=MOMENTS, help="End, in UTC.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Name = Annotated[
    str | None,
    typer.Option("--name", help="Name of this process in logs and status; unique on its machine."),
]


def settings_for(role: str, **flags: object) -> Settings:
    """Read the settings with `flags` on top and set up the log lines of `role`."""
    settings = load_settings(**flags)
    configure_logging(settings.log_level, settings.log_format, role)
    return settings


def in_utc(moment: datetime | None) -> datetime | None:
    """Return the time that was given at the command line, which is in UTC."""
    return moment.replace(tzinfo=UTC) if moment else None


def me() -> str:
    """Return who runs this command, by the system's account."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
