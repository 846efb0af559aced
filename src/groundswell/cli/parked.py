"""`groundswell parked`: what could not be processed, why, and what to do with it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer

from groundswell.analysis import parking
from groundswell.cli.options import DataDir, Json, settings_for
from groundswell.cli.output import say, show_json, show_list, show_table
from groundswell.core.errors import Conflict, NotFound
from groundswell.store import parked as store
from groundswell.store.database import Database
from groundswell.store.parked import Parked
from groundswell.toolbox import Tools, publisher, tools_for

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Posts that could not be processed, put aside with their reason.",
)

PAGE = 500


Choice = Literal["parked", "retried", "dropped", "all"]

Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID...", help="Numbers, as `parked list` shows them.")
]
Every = Annotated[bool, typer.Option("--all", help="All that are parked at this moment.")]


@app.command("list")
def list_parked(
    state: Annotated[Choice, typer.Option("--state", help="Which of them.")] = "parked",
    limit: Annotated[int, typer.Option("--limit", min=1, max=PAGE, help="Most to list.")] = 100,
    offset: Annotated[int, typer.Option("--offset", min=0, help="How many to pass over.")] = 0,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List parked posts, newest first."""
    with _tools(data_dir) as tools:
        rows, total = _page(tools.database, state, limit, offset)
    if as_json:
        show_list([_answer(row) for row in rows], total=total, limit=limit, offset=offset)
        return
    show_table([_shown(row) for row in rows], nothing="Nothing is parked.")
    if total > offset + len(rows):
        say(f"{len(rows)} of {total:,}; --offset {offset + len(rows)} shows more.")


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="Number, as `parked list` shows it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show one parked post with all that is known of it."""
    with _tools(data_dir) as tools, tools.database.reading() as connection:
        row = store.get(connection, number)
    answer = _answer(row)
    if as_json:
        show_json(answer)
        return
    for name, value in answer.items():
        text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
        typer.echo(f"{name:12}{text}")


@app.command()
def retry(ids: Ids = None, every: Every = False, data_dir: DataDir = None) -> None:
    """Send parked posts through the stream once more; they still count once."""
    with _tools(data_dir) as tools:
        _decide(
            _chosen(tools.database, ids, every),
            partial(parking.retry, tools.database, publisher(tools)),
            "sent again",
        )


@app.command()
def drop(ids: Ids = None, every: Every = False, data_dir: DataDir = None) -> None:
    """Decide that parked posts are not wanted."""
    with _tools(data_dir) as tools:
        _decide(_chosen(tools.database, ids, every), partial(parking.drop, tools.database), "dropped")


def _tools(data_dir: Path | None) -> AbstractContextManager[Tools]:
    return tools_for(settings_for("parked", data_dir=data_dir))


def _chosen(database: Database, ids: list[int] | None, every: bool) -> list[int]:
    if bool(ids) == every:
        raise typer.BadParameter("Give numbers, or --all.", param_hint="ID")
    return ids or list(_all_parked(database))


def _all_parked(database: Database) -> Iterator[int]:
    """Yield the numbers of all parked entries, before any of them is decided."""
    offset, total = 0, 1
    while offset < total:
        rows, total = _page(database, "parked", PAGE, offset)
        yield from (row.id for row in rows)
        offset += PAGE


def _page(database: Database, state: Choice, limit: int, offset: int) -> tuple[list[Parked], int]:
    with database.reading() as connection:
        return store.listing(connection, state=None if state == "all" else state, limit=limit, offset=offset)


def _decide(ids: list[int], decide: Callable[[int], None], what: str) -> None:
    """Do it for each; one that cannot be done is said, and the others are done all the same."""
    done = 0
    for number in ids:
        try:
            decide(number)
            done += 1
        except (Conflict, NotFound) as error:
            say(error.message)
    say(f"{done:,} of {len(ids):,} {what}.")
    if done < len(ids):
        raise typer.Exit(1)


def _shown(row: Parked) -> dict[str, object]:
    return {
        "id": row.id,
        "parked at": f"{row.parked_at:%Y-%m-%d %H:%M:%S}",
        "kind": row.kind,
        "source": row.source,
        "reason": row.reason,
        "error": row.error,
        "tries": row.deliveries,
        "state": row.state,
    }


def _answer(row: Parked) -> dict[str, Any]:
    return {
        "id": row.id,
        "entry_id": row.entry_id,
        "kind": row.kind,
        "key": row.key,
        "source": row.source,
        "reason": row.reason,
        "error": row.error,
        "deliveries": row.deliveries,
        "parked_at": row.parked_at,
        "state": row.state,
        "fields": _readable(row.fields),
    }


def _readable(fields: Mapping[bytes, bytes]) -> dict[str, object]:
    """Return the entry as it stood in the stream, the body as JSON where it is JSON."""
    found: dict[str, object] = {
        name.decode("utf-8", "replace"): _value(value) for name, value in fields.items()
    }
    try:
        return {**found, "body": orjson.loads(fields[b"body"])}
    except (KeyError, orjson.JSONDecodeError):
        return found


def _value(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
