"""What commands show: tables and sentences for people, JSON for machines, progress on a terminal only."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import orjson
import typer

MOST_SENTENCES = 20
"""Sentences about single rows that are shown; the rest is counted."""


def show_json(value: object, *, lines: bool = False) -> None:
    """Print `value` as JSON; as `lines`, on one line."""
    options = orjson.OPT_UTC_Z | (0 if lines else orjson.OPT_INDENT_2)
    typer.echo(orjson.dumps(value, default=str, option=options).decode())


def show_table(rows: Sequence[Mapping[str, object]], *, nothing: str) -> None:
    """Print `rows` as a table with their names as header; `nothing` is said where there are none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        typer.echo(nothing)
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    Console().print(table)


def say(sentence: str) -> None:
    """Print a sentence for people on standard error."""
    typer.echo(sentence, err=True)


class Sentences:
    """Shows the first sentences about single rows, and counts the others."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, sentence: str) -> None:
        """Show `sentence`, unless there were too many already."""
        self.count += 1
        if self.count <= MOST_SENTENCES:
            say(sentence)

    def close(self) -> None:
        """Say how many were not shown."""
        if self.count > MOST_SENTENCES:
            say(f"… and {self.count - MOST_SENTENCES:,} more like these.")


class Show(Protocol):
    """Shows how far a job is."""

    def __call__(self, done: int, share: float | None) -> None:
        """Show that `done` things are done, `share` (0 to 1) of all where that is known."""
        ...


@contextmanager
def progress(what: str) -> Iterator[Show]:
    """Yield what shows progress on standard error; on anything but a terminal it shows nothing."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, done="")

        def show(done: int, share: float | None) -> None:
            total = None if share is None else 1.0
            bar.update(task, total=total, completed=share or 0.0, done=f"{done:,}")

        yield show


def _show_nothing(done: int, share: float | None) -> None:
    del done, share
