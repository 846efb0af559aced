"""`groundswell erase`: forget an author or a post everywhere, for good, and have a receipt of it."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from groundswell.analysis.privacy import carry_out
from groundswell.cli.keys import whoever
from groundswell.cli.options import DataDir, Json, settings_for
from groundswell.cli.output import say, show_json
from groundswell.core.errors import InvalidInput
from groundswell.ingest.subject import subject
from groundswell.store import privacy
from groundswell.store.privacy import Kind, Request
from groundswell.toolbox import door, tools_for

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Author = Annotated[
    str | None, typer.Option("--author", help="An author's name or pseudonym: everything until now.")
]
Post = Annotated[
    tuple[str, str] | None,
    typer.Option("--post", metavar="SOURCE POST_ID", help="One post, by its source and its id there."),
]
Id = Annotated[str | None, typer.Option("--id", help="One post, by our id.")]


@app.command()
def erase(
    author: Author = None,
    post: Post = None,
    id: Id = None,  # noqa: A002 - the option's name
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="First write all that is kept of them there, as JSON."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="With --export: write the file and erase nothing.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Erase an author or a post everywhere, for good; a receipt is printed and kept.

    It wins also against posts that are on their way, parked, or sent again later.
    """
    if keep and export is None:
        raise InvalidInput("--keep goes with --export FILE.")
    whose = {
        "author": author,
        "source": post[0] if post else None,
        "post_id": post[1] if post else None,
        "id": _uuid(id) if id else None,
    }
    kinds = _kinds(is_written=export is not None, is_erased=not keep)
    with tools_for(settings_for("erase", data_dir=data_dir)) as tools:
        for kind in kinds:
            now = tools.clock.now()
            found = subject(door(tools), now, **whose)  # type: ignore[arg-type] # one of each kind
            with tools.database.transaction() as connection:
                asked = privacy.ask(connection, kind, found, by=whoever(), at=now)
            done = carry_out(tools.database, tools.redis, tools.settings.stream_name, asked.id, tools.clock)
            if kind == "export" and export is not None:
                with tools.database.reading() as connection:
                    export.write_bytes(privacy.file(connection, done.id))
            _tell(done, as_json)


def _kinds(*, is_written: bool, is_erased: bool) -> list[Kind]:
    wanted: dict[Kind, bool] = {"export": is_written, "erase": is_erased}
    return [kind for kind, is_wanted in wanted.items() if is_wanted]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(f"'{text}' is no id of a post.") from None


def _tell(done: Request, as_json: bool) -> None:
    if as_json:
        show_json(done)
        return
    counted = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in done.counts.items())
    word = "Erased" if done.kind == "erase" else "Written"
    say(f"{word}: {counted}. The receipt is {done.id} of {done.done_at:%Y-%m-%d %H:%M:%S} UTC.")
