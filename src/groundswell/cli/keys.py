"""`groundswell keys`: make, list and end the keys that open the API."""

from datetime import timedelta
from typing import Annotated

import typer

from groundswell.cli.options import DataDir, Host, Json, me, settings_for
from groundswell.cli.output import say, show_json, show_list, show_table
from groundswell.core.access import ROLES, SCOPES, Key
from groundswell.guard import check_open
from groundswell.store import access
from groundswell.store.access import Wanted
from groundswell.store.audit import Actor
from groundswell.toolbox import tools_for

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Keys that open the API."
)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What people call it, e.g. whose it is.")],
    role: Annotated[str, typer.Option("--role", help=f"One of {', '.join(ROLES)}.")] = "viewer",
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"Only these of the role's scopes: {', '.join(SCOPES)}."),
    ] = None,
    days: Annotated[float | None, typer.Option("--days", min=0.001, help="Ends after so many days.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once; on loopback, keys are asked for from the first one on."""
    with (
        tools_for(settings_for("keys", data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        now = tools.clock.now()
        ends = now + timedelta(days=days) if days else None
        wanted = Wanted(name=name, role=role, scopes=tuple(scope or ()), expires_at=ends)
        key, made = access.create(connection, wanted, by=whoever(), at=now)
    if as_json:
        show_json({**_shown(key), "key": made.token})
        return
    say(f"The {key.role} key '{key.name}' ({key.id}). Keep it now, it is not shown again:")
    typer.echo(made.token)


@app.command("list")
def list_keys(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the keys, also those that ended."""
    with (
        tools_for(settings_for("keys", data_dir=data_dir)) as tools,
        tools.database.reading() as connection,
    ):
        found = access.keys(connection)
    rows = [_shown(key) for key in found]
    if as_json:
        show_list(rows, total=len(rows), limit=len(rows), offset=0)
    else:
        nothing = "No keys: on loopback everyone may everything, elsewhere it does not start."
        show_table(
            [{**row, "scopes": " ".join(key.scopes)} for row, key in zip(rows, found, strict=True)],
            nothing=nothing,
        )


@app.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, as `keys list` shows it.")],  # noqa: A002
    data_dir: DataDir = None,
) -> None:
    """End a key; whatever is open with it ends within a second."""
    with (
        tools_for(settings_for("keys", data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        key = access.revoke(connection, id, by=whoever(), at=tools.clock.now())
    say(f"The key '{key.name}' ({key.id}) opens nothing any more.")


@app.command("check", hidden=True)
def check(data_dir: DataDir = None, host: Host = None) -> None:
    """Exit 2 where the API would be open to others."""
    check_open(settings_for("keys", data_dir=data_dir, host=host))


def whoever() -> Actor:
    """Return who runs this command, for the audit log."""
    return Actor(name=f"command line, {me()}")


def _shown(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
