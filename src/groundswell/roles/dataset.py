"""`dataset`: where labelled texts come from, made up or read from a table; no role, but it too opens a source."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from groundswell.core.errors import BadData
from groundswell.files.kind import kind_of
from groundswell.files.reading import open_rows
from groundswell.files.row import BadRow
from groundswell.files.tables import trusted

SYNTHETIC = "synthetic"
"""The source that is made up; anything else is a file."""
TEXT, LABEL = ("text", "content"), ("label", "user_label", "sentiment")
"""Columns that are looked for, the first that is there."""


def labelled_texts(
    source: str, *, rows: int, seed: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """Yield texts with labels: so many that are made up from a seed, or all of a table (an export of feedback, too).

    A row that cannot be read is told and left out; raises `BadFile`, or `BadData` when a column is missing.
    """
    if source == SYNTHETIC:
        from groundswell.sources.synthetic_script import labelled

        yield from islice(labelled(seed), rows)
        return
    kind = kind_of(source)
    with closing(open_rows(source, kind)) as table:
        for row in table.rows():
            if isinstance(row, BadRow):
                tell(f"{row.where.capitalize()} {row.reason}; it is left out.")
                continue
            values = _untouched(row.values) if kind.format == "csv" else row.values
            yield _value(values, TEXT, source), _value(values, LABEL, source)


def _untouched(values: Mapping[str, object]) -> Mapping[str, object]:
    return {name: trusted(value) if isinstance(value, str) else value for name, value in values.items()}


def _value(values: Mapping[str, Any], names: tuple[str, ...], source: str) -> str:
    for name in names:
        if name in values:
            return "" if values[name] is None else str(values[name])
    raise BadData(f"{source} has no column {' or '.join(names)}.")
