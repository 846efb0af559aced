"""Open a table for reading, whatever its kind."""

import sys
from pathlib import Path

from groundswell.files.delimited import DelimitedRows
from groundswell.files.json_lines import JsonRows
from groundswell.files.kind import STANDARD, Kind
from groundswell.files.lines import Lines
from groundswell.files.parquet import ParquetRows
from groundswell.files.pieces import FilePieces, Pieces, PipePieces
from groundswell.files.row import Rows


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
