"""Open a table for reading, whatever its kind."""

import sys
from contextlib import closing
from pathlib import Path

from groundswell.files.columns import Column, survey
from groundswell.files.delimited import DelimitedRows
from groundswell.files.json_lines import JsonRows
from groundswell.files.kind import STANDARD, Kind
from groundswell.files.lines import Lines
from groundswell.files.parquet import ParquetRows
from groundswell.files.pieces import FilePieces, Pieces, PipePieces
from groundswell.files.row import Row, Rows


def open_rows(path: str, kind: Kind, *, waits: bool = True) -> Rows:
    """Open the table at `path`; `-` is standard input, where reading waits for more, or not.

    Raises `BadFile` when it cannot be opened.
    """
    if kind.format == "parquet":
        return ParquetRows(Path(path))
    pieces = _open_pieces(path, kind, waits=waits)
    return JsonRows(Lines(pieces)) if kind.format == "jsonl" else DelimitedRows(Lines(pieces), kind.format)


def _open_pieces(path: str, kind: Kind, *, waits: bool) -> Pieces:
    if path == STANDARD:
        return PipePieces(sys.stdin.fileno(), waits=waits)
    return FilePieces(Path(path), kind.packing)


def table_columns(path: str, kind: Kind) -> tuple[Column, ...]:
    """Return the columns of the table at `path`; for JSONL every line is looked at.

    Raises `BadFile` when it cannot be opened.
    """
    with closing(open_rows(path, kind)) as rows:
        if isinstance(rows, ParquetRows):
            return tuple(Column(name=field.name, type="text", arrow=field.type) for field in rows.schema)
        if rows.columns is not None:
            return tuple(Column(name=name, type="text") for name in rows.columns)
        return survey(row.values for row in rows.rows() if isinstance(row, Row))
