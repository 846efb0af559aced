"""Rows of a table become bytes, some rows at a time; any prefix that ended between two calls can be continued.

A packed table is a row of gzip members or zstd frames. Parquet cannot be continued, so its rows are
first kept as Arrow streams behind each other, and rewritten when the table is finished.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import orjson

from groundswell.files.columns import Column, Type
from groundswell.files.kind import Kind
from groundswell.files.packing import pack

_AS_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
ROW_GROUP = 1 << 16
"""Rows at least in a row group of Parquet, but for the last one."""

_FLAT = str.maketrans({"\t": " ", "\n": " ", "\r": " "})


class Encoder(Protocol):
    """Turns rows into the bytes of a table."""

    def start(self) -> bytes:
        """Return what stands before the first row."""
        ...

    def encode(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        """Return some rows, to be appended."""
        ...

    def finish(self, raw: Path, target: Path) -> None:
        """Make the table at `target` of the appended bytes in `raw`, which goes away."""
        ...


def encoder(kind: Kind, columns: Sequence[Column]) -> Encoder:
    """Return the encoder of a kind of table; JSONL needs no columns."""
    if kind.format == "jsonl":
        return JsonEncoder(kind)
    if kind.format == "parquet":
        return ParquetEncoder(columns)
    return DelimitedEncoder(kind, [column.name for column in columns])


class JsonEncoder:
    """One object a line."""

    def __init__(self, kind: Kind) -> None:
        self._packing = kind.packing

    def start(self) -> bytes:
        """Return nothing."""
        return b""

    def encode(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        """Return a line per row."""
        options = _AS_JSON | orjson.OPT_APPEND_NEWLINE
        return pack(
            b"".join(orjson.dumps(row, default=_plain, option=options) for row in rows), self._packing
        )

    def finish(self, raw: Path, target: Path) -> None:
        """Move it into its place."""
        raw.replace(target)


class DelimitedEncoder:
    """CSV quotes where it must; TSV has no quoting, tabs and line breaks in a value become spaces."""

    def __init__(self, kind: Kind, names: Sequence[str]) -> None:
        self._packing, self._tabs = kind.packing, kind.format == "tsv"
        self._names = names

    def start(self) -> bytes:
        """Return the header."""
        return self._lines([list(self._names)])

    def encode(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        """Return a record per row, its values in the order of the columns."""
        return self._lines([[_cell(row.get(name)) for name in self._names] for row in rows])

    def _lines(self, records: Sequence[Sequence[str]]) -> bytes:
        if self._tabs:
            text = "".join("\t".join(cell.translate(_FLAT) for cell in record) + "\n" for record in records)
            return pack(text.encode("utf-8", "replace"), self._packing)
        buffer = StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(records)
        return pack(buffer.getvalue().encode("utf-8", "replace"), self._packing)

    def finish(self, raw: Path, target: Path) -> None:
        """Move it into its place."""
        raw.replace(target)


class ParquetEncoder:
    """Columns with types; a column of a Parquet input keeps its own."""

    def __init__(self, columns: Sequence[Column]) -> None:
        import pyarrow as pa

        of_type: dict[Type, Any] = {
            "text": pa.string(),
            "json": pa.string(),
            "whole number": pa.int64(),
            "number": pa.float64(),
            "truth value": pa.bool_(),
        }
        self._columns = columns
        self._schema = pa.schema([(c.name, c.arrow or of_type[c.type]) for c in columns])

    def start(self) -> bytes:
        """Return a stream without rows, so that an empty table has its columns too."""
        return self.encode([])

    def encode(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        """Return one complete Arrow stream."""
        import pyarrow as pa

        arrays = [pa.array([_typed(row.get(c.name), c) for row in rows], type=self._schema.field(c.name).type)
                  for c in self._columns]  # fmt: skip
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as stream:
            stream.write_batch(pa.record_batch(arrays, schema=self._schema))
        data: bytes = sink.getvalue().to_pybytes()
        return data

    def finish(self, raw: Path, target: Path) -> None:
        """Write the streams in `raw` as one Parquet file, a row group at a time."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        written = target.with_name(f"{target.name}.writing")
        with pa.memory_map(str(raw)) as source, pq.ParquetWriter(written, self._schema) as writer:
            group: list[Any] = []
            while source.tell() < source.size():
                group.append(pa.ipc.open_stream(source).read_all())
                if sum(table.num_rows for table in group) >= ROW_GROUP:
                    writer.write_table(pa.concat_tables(group))
                    group = []
            if any(table.num_rows for table in group):
                writer.write_table(pa.concat_tables(group))
        written.replace(target)
        raw.unlink()


def _typed(value: object, column: Column) -> object:
    """Return `value` as the column's type takes it."""
    if value is None or column.arrow is not None:
        return value
    if column.type == "json" or (column.type == "text" and not isinstance(value, str)):
        return orjson.dumps(value, default=_plain, option=_AS_JSON).decode()
    return value


def _cell(value: object) -> str:
    """Return `value` as text: nothing for None, JSON for what is no text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | list | dict):
        return orjson.dumps(value, default=_plain, option=_AS_JSON).decode()
    return _plain(value)


def _plain(value: object) -> str:
    """Return what JSON cannot carry as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
