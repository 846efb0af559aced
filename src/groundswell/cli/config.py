"""`groundswell config`: every setting, its value and where it comes from; secrets are never shown."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from groundswell.cli.options import DataDir, Host, Json, Port
from groundswell.settings import Settings, load_settings, names, origins

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def config(data_dir: DataDir = None, host: Host = None, port: Port = None, as_json: Json = False) -> None:
    """Show every setting, its value and where it comes from."""
    flags = {"data_dir": data_dir, "host": host, "port": port}
    rows = list(_rows(load_settings(**flags), origins(flags)))
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("setting", "value", "from", "meaning", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], row["value"], row["from"], row["meaning"])
    Console().print(table)


def _rows(settings: Settings, where: dict[str, str]) -> Iterator[dict[str, str]]:
    for field, info in Settings.model_fields.items():
        yield {
            "name": names()[field][0],
            "value": _shown(getattr(settings, field)),
            "from": where[field],
            "meaning": info.description or "",
        }


def _shown(value: object) -> str:
    """Return a value as people may see it: of a URL the server, of any other secret nothing."""
    if not isinstance(value, SecretStr):
        return "" if value is None else str(value)
    secret = value.get_secret_value()
    if not secret:
        return ""
    url = urlsplit(secret)
    return f"{url.scheme}://…@{url.hostname or ''}{url.path}" if "://" in secret else "…"
