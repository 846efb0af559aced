"""Where a command writes a table to: a file that appears when it is whole, or standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated, BinaryIO

import typer

from groundswell.core.errors import BadFile
from groundswell.files.tables import FORMS, Form

STANDARD = "-"

Output = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="OUT", help="A .csv, .jsonl, .parquet or .xlsx; - is JSONL to standard output."
    ),
]  # fmt: skip


def form_of(output: str) -> Form:
    """Return the form that the ending of `output` names; raises `BadFile` for any other."""
    ending = "jsonl" if output == STANDARD else PurePath(output).suffix[1:].lower()
    for form in FORMS:
        if ending == form:
            return form
    raise BadFile(
        f"The ending of {output} says no format; known are {', '.join(f'.{form}' for form in FORMS)}."
    )


@contextmanager
def target_of(output: str) -> Iterator[BinaryIO]:
    """Yield where to write; a file appears under its name when it is whole."""
    if output == STANDARD:
        yield sys.stdout.buffer
        return
    part = Path(f"{output}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as error:
        raise BadFile(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
