"""`groundswell feedback`: what people say of texts, imported, exported, listed, and frozen as data sets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Annotated, Any, get_args

import typer

from groundswell.cli.options import Begin, DataDir, End, Json, in_utc, settings_for
from groundswell.cli.output import Sentences, counted, progress, say, show_json, show_list, show_table
from groundswell.cli.target import STANDARD, Output, form_of, target_of
from groundswell.core.errors import BadFile, Conflict, InvalidInput, NotFound
from groundswell.core.identity import post_key
from groundswell.files.kind import kind_of
from groundswell.files.reading import open_rows
from groundswell.files.row import BadRow, Row
from groundswell.files.tables import trusted, write
from groundswell.installation import pseudonym_secret
from groundswell.learning import exchange, feedback, snapshots
from groundswell.learning.feedback import FeedbackQuery, Origin, Withdrawal
from groundswell.learning.snapshots import Snapshot
from groundswell.store import feedback as store
from groundswell.toolbox import Tools, tools_for

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="What people say of texts."
)

AT_ONCE = 500
"""Rows kept in one transaction."""
SHOWN_CHARACTERS = 60


@dataclass(kw_only=True)
class _Tally:
    kept: int = 0
    known: int = 0
    refused: int = 0


@app.command("import")
def import_file(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="A .csv, .jsonl, .tsv or .parquet; - is JSONL.")
    ],
    annotator: Annotated[
        str | None, typer.Option("--annotator", help="Who said so, where the file does not say.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Keep what a file says: columns text (or post_id) and user_label; the others of an export if there.

    What is known already is not kept twice, so a file may be imported again.
    """
    kind = kind_of(path)
    clean = _untouched if kind.format == "csv" else dict
    with (
        tools_for(settings_for("feedback", data_dir=data_dir)) as tools,
        closing(open_rows(path, kind)) as rows,
    ):
        tally, sentences = _Tally(), Sentences()
        keep = partial(_keep, tools, annotator, tally, sentences)
        found = rows.rows()
        while chunk := list(islice(found, AT_ONCE)):
            keep(
                [row if isinstance(row, BadRow) else row._replace(values=clean(row.values)) for row in chunk]
            )
        sentences.close()
    if as_json:
        show_json({"kept": tally.kept, "known": tally.known, "refused": tally.refused})
    else:
        say(f"{counted(tally.kept, 'item')} kept, {tally.known:,} known already, {tally.refused:,} refused.")
    if tally.refused and not tally.kept and not tally.known:
        raise BadFile(f"Nothing of {path} could be kept.")


def _untouched(values: Any) -> dict[str, object]:
    return {name: trusted(value) if isinstance(value, str) else value for name, value in values.items()}


def _keep(
    tools: Tools,
    annotator: str | None,
    tally: _Tally,
    tell: Callable[[str], None],
    rows: Sequence[Row | BadRow],
) -> None:
    key_of = partial(post_key, pseudonym_secret(tools.settings))
    now = tools.clock.now()
    with tools.database.transaction() as connection:
        for row in rows:
            if isinstance(row, BadRow):
                tally.refused += 1
                tell(f"{row.where.capitalize()} {row.reason}.")
                continue
            try:
                said, at = exchange.said_in(connection, row.values, now, annotator=annotator, key_of=key_of)
                new = feedback.keep_once(connection, said, at)
            except (InvalidInput, NotFound, Conflict) as error:
                tally.refused += 1
                tell(f"{row.where.capitalize()}: {error.message}")
                continue
            tally.kept += new
            tally.known += not new


@app.command()
def export(
    output: Output = STANDARD,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was replaced by a later label.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Write all feedback as a file, which can be imported again."""
    form = form_of(output)
    with (
        tools_for(settings_for("feedback", data_dir=data_dir)) as tools,
        progress(f"feedback → {output}") as show,
        target_of(output) as target,
    ):
        count = 0

        def shown() -> Iterator[Sequence[exchange.Row]]:
            nonlocal count
            for rows in exchange.pages(tools.database.reading, superseded=everything):
                count += len(rows)
                show(count, None)
                yield rows

        for piece in write(shown(), exchange.COLUMNS, form):
            target.write(piece)
    if output != STANDARD:
        say(f"{counted(count, 'item')} written to {output}.")


@app.command("list")
def list_feedback(
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to list.")] = 20,
    offset: Annotated[int, typer.Option("--offset", min=0, help="How many to pass over.")] = 0,
    origin: Annotated[
        Origin | None,
        typer.Option("--origin", help=f"How it came to be labelled: {', '.join(get_args(Origin))}."),
    ] = None,
    annotator: Annotated[str | None, typer.Option("--annotator", help="Who says so.")] = None,
    superseded: Annotated[
        bool, typer.Option("--all", help="Also what was replaced by a later label.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List feedback, the newest first."""
    query = FeedbackQuery(
        limit=limit, offset=offset, origin=origin, annotator=annotator, superseded=superseded
    )
    with (
        tools_for(settings_for("feedback", data_dir=data_dir)) as tools,
        tools.database.reading() as connection,
    ):
        items, total = feedback.page(connection, query)
    rows = [exchange.row_of(item) for item in items]
    if as_json:
        show_list(rows, total=total, limit=limit, offset=offset)
    else:
        show_table([_shown(row) for row in rows], nothing="No feedback yet.")


def _shown(row: dict[str, Any]) -> dict[str, object]:
    text = " ".join(row["text"].split())
    return {
        "id": row["id"],
        "label": row["user_label"],
        "instead of": row["model_prediction"],
        "by": row["annotator"],
        "origin": row["origin"],
        "held out": "yes" if row["held_out"] else "",
        "text": text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…",
    }


@app.command()
def withdraw(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers of items.")] = None,
    annotator: Annotated[str | None, typer.Option("--annotator", help="All that this person said.")] = None,
    origin: Annotated[
        Origin | None,
        typer.Option("--origin", help=f"All that came to be labelled so: {', '.join(get_args(Origin))}."),
    ] = None,
    start: Begin = None,
    end: End = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take feedback back that fits all that is given: nothing is learned from it any more; it stays listed."""
    which = Withdrawal(
        ids=ids or None, annotator=annotator, origin=origin, start=in_utc(start), end=in_utc(end)
    )
    with (
        tools_for(settings_for("feedback", data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        number = feedback.withdraw(connection, which)
    if as_json:
        show_json({"withdrawn": number})
    else:
        say(f"{counted(number, 'item')} taken back.")


@app.command()
def snapshot(
    hash: Annotated[  # noqa: A002 - its name everywhere
        str | None, typer.Argument(metavar="[HASH]", help="A frozen set; without it, freeze what holds now.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Write its items to this file.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the frozen sets instead.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Freeze the feedback that holds, under the hash of its content; or show or write a frozen set."""
    with (
        tools_for(settings_for("feedback", data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        if listed:
            _show_sets(store.frozen_sets(connection), as_json)
            return
        found = snapshots.load(connection, hash) if hash else snapshots.freeze(connection, tools.clock)
    if output:
        with target_of(output) as target:
            rows = [exchange.row_of(item) for item in found.items]
            for piece in write(iter([rows]), exchange.COLUMNS, form_of(output)):
                target.write(piece)
    _tell(found, as_json)


def _show_sets(sets: Sequence[store.FrozenSet], as_json: bool) -> None:
    rows = [{"hash": one.hash, "frozen": one.created_at, "items": one.items} for one in sets]
    if as_json:
        show_json(rows)
    else:
        show_table(rows, nothing="No snapshot yet; `groundswell feedback snapshot` makes one.")


def _tell(found: Snapshot, as_json: bool) -> None:
    facts = {
        "hash": found.hash,
        "created_at": found.created_at,
        "items": len(found.items),
        "held_out": len(found.held_out),
        "training": len(found.training),
        "leaks": len(found.leaks()),
        "erased": found.erased,
    }
    if as_json:
        show_json(facts)
        return
    typer.echo(found.hash)
    say(
        f"{counted(len(found.items), 'text')}: {facts['training']:,} to train on, {facts['held_out']:,} held out, "
        f"{facts['leaks']:,} left out because nearly the same is held out."
        + (f" {found.erased:,} were erased since." if found.erased else "")
    )
