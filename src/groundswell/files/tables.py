"""Rows leave as the bytes of a table, a piece at a time, in memory that does not grow with the table.

For people's tools: CSV opens in a spreadsheet (UTF-8 with BOM, RFC 4180 line ends) and cannot run
there (OWASP, "CSV Injection"); in XLSX a text is a text whatever it begins with.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO, UnsupportedOperation
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from groundswell.files.columns import Column
from groundswell.files.writing import ROW_GROUP

Form = Literal["csv", "jsonl", "parquet", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)

MEDIA_TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Rows = Sequence[Mapping[str, object]]
"""Some rows of a table: flat values, times aware, lists of texts."""

BOM = "\N{BYTE ORDER MARK}"
SHEET_ROWS = 1_048_575
"""Rows of one sheet of XLSX beside its header; more go on in the next sheet."""
CELL_CHARACTERS = 32_767
PIECE = 1 << 16
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(pages: Iterator[Rows], columns: Sequence[Column], form: Form) -> Iterator[bytes]:
    """Yield the table of all rows in `pages`; without rows, one with a header."""
    return _WRITERS[form](pages, columns)


def _jsonl(pages: Iterator[Rows], columns: Sequence[Column]) -> Iterator[bytes]:
    del columns
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
    for rows in pages:
        yield b"".join(orjson.dumps(row, default=str, option=options) for row in rows)


def _csv(pages: Iterator[Rows], columns: Sequence[Column]) -> Iterator[bytes]:
    yield (BOM + ",".join(column.name for column in columns) + "\r\n").encode()
    for rows in pages:
        buffer = StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerows(
            [_cell(row.get(column.name)) for column in columns] for row in rows
        )
        yield buffer.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    """Return a value as a spreadsheet can be trusted with it."""
    flat = _flat(value)
    if isinstance(flat, str):
        return f"'{flat}" if flat.startswith(_FORMULA) else flat
    return str(flat).lower() if isinstance(flat, bool) else flat


def trusted(cell: str) -> str:
    """Return the text that `write` put into a cell of CSV: without the mark that keeps it from running."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _flat(value: object) -> str | int | float | bool | None:
    """Return a value that a cell can hold: lists as `a; b`, times in ISO 8601."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


class _Pieces(BytesIO):
    """A file that can only be appended to; what was written is taken away piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def take(self) -> bytes:
        piece = self.getvalue()
        self._taken += len(piece)
        super().seek(0)
        self.truncate()
        return piece

    def tell(self) -> int:
        return self._taken + super().tell()

    def seekable(self) -> bool:
        return False

    def seek(self, place: int, whence: int = 0) -> int:
        raise UnsupportedOperation(f"{place} {whence}")


def _parquet(pages: Iterator[Rows], columns: Sequence[Column]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column.name, _arrow(column, pa)) for column in columns])
    sink = _Pieces()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(pages):
            arrays = [
                pa.array([_typed(row.get(column.name), column) for row in group], schema.field(i).type)
                for i, column in enumerate(columns)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _arrow(column: Column, pa: Any) -> Any:
    known: dict[str, Any] = {
        "whole number": pa.int64(),
        "number": pa.float64(),
        "truth value": pa.bool_(),
    }
    return column.arrow or known.get(column.type, pa.string())


def _typed(value: object, column: Column) -> object:
    return value if column.type != "text" else _flat(value)


def _groups(pages: Iterator[Rows]) -> Iterator[list[Mapping[str, object]]]:
    """Gather pages to row groups that are worth their header."""
    group: list[Mapping[str, object]] = []
    for rows in pages:
        group += rows
        if len(group) >= ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _xlsx(pages: Iterator[Rows], columns: Sequence[Column]) -> Iterator[bytes]:
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        # rows go to disk as they come; a text is never taken for a formula, a number or a link
        how = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": folder,
        }
        with xlsxwriter.Workbook(str(path), how) as book:
            _fill(book, pages, columns)
        with path.open("rb") as written:
            while piece := written.read(PIECE):
                yield piece


def _fill(book: Any, pages: Iterator[Rows], columns: Sequence[Column]) -> None:
    sheet, line = None, 0
    for row in (row for rows in pages for row in rows):
        if sheet is None or line > SHEET_ROWS:
            sheet, line = _sheet(book, columns), 1
        for place, column in enumerate(columns):
            _write_cell(sheet, line, place, _flat(row.get(column.name)))
        line += 1
    if sheet is None:
        _sheet(book, columns)


def _sheet(book: Any, columns: Sequence[Column]) -> Any:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [column.name for column in columns])
    sheet.freeze_panes(1, 0)
    return sheet


def _write_cell(sheet: Any, line: int, place: int, value: object) -> None:
    if isinstance(value, str):
        sheet.write_string(line, place, value[:CELL_CHARACTERS])
    elif value is not None:
        sheet.write(line, place, value)


_WRITERS: dict[Form, Callable[[Iterator[Rows], Sequence[Column]], Iterator[bytes]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
