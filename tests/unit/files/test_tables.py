"""Tables that people open elsewhere: every form reads back as what was written, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from groundswell.files import tables
from groundswell.files.columns import Column
from groundswell.files.tables import Form, write

COLUMNS = (
    Column(name="text", type="text"),
    Column(name="n", type="whole number"),
    Column(name="share", type="number"),
    Column(name="is_so", type="truth value"),
    Column(name="at", type="text"),
    Column(name="topics", type="text"),
)
AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
FORMULAS = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx"]


def row(text: str | None, n: int = 1) -> Mapping[str, object]:
    return {"text": text, "n": n, "share": -0.5, "is_so": True, "at": AT, "topics": ["a", "b"]}


def table(form: Form, *pages: list[Mapping[str, object]]) -> bytes:
    return b"".join(write(iter(pages), COLUMNS, form))


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_is_read_by_spreadsheets_as_it_was_written() -> None:
    data = table("csv", [row('one, "two"\nthree 雪')], [row(None, 2)])
    assert data.startswith(b"\xef\xbb\xbf")
    assert read_csv(data) == [
        ["text", "n", "share", "is_so", "at", "topics"],
        ['one, "two"\nthree 雪', "1", "-0.5", "true", "2026-11-21T10:30:00Z", "a; b"],
        ["", "2", "-0.5", "true", "2026-11-21T10:30:00Z", "a; b"],
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_of_a_csv_is_a_formula(text: str) -> None:
    assert read_csv(table("csv", [row(text)]))[1][0] == f"'{text}"


@pytest.mark.parametrize("text", FORMULAS[:4])
def test_no_text_of_a_sheet_is_a_formula(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", [row(text)])))
    cell = book.active.cell(2, 1)
    assert cell.value == text and cell.data_type == "s"


def test_xlsx_keeps_numbers_as_numbers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", [row("a")])))
    assert [cell.value for cell in book.active[2]] == ["a", 1, -0.5, True, "2026-11-21T10:30:00Z", "a; b"]


def test_xlsx_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHEET_ROWS", 2)
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", [row(str(n)) for n in range(5)])))
    assert [sheet.max_row for sheet in book.worksheets] == [3, 3, 2]


def test_a_text_longer_than_a_cell_is_cut_and_nothing_else_is_lost() -> None:
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", [row("x" * 40_000), row("next")])))
    assert len(book.active.cell(2, 1).value) == 32_767 and book.active.cell(3, 1).value == "next"


def test_jsonl_keeps_everything() -> None:
    lines = table("jsonl", [row("=1")], [row("b")]).splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["=1", "b"]
    assert json.loads(lines[0])["topics"] == ["a", "b"]


def test_parquet_has_types(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(table("parquet", [row("=1")], [row(None, 2)]))
    found = pq.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in found.schema.types] == [
        "string", "int64", "double", "bool", "string", "string",
    ]  # fmt: skip
    assert found.column("text").to_pylist() == ["=1", None]


@pytest.mark.parametrize("form", tables.FORMS)
def test_a_table_without_rows_is_a_table(form: Form, tmp_path: Path) -> None:
    data: Any = table(form)
    if form == "csv":
        assert read_csv(data) == [[column.name for column in COLUMNS]]
    elif form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(data)).active.max_row == 1
    elif form == "parquet":
        (tmp_path / "t.parquet").write_bytes(data)
        assert pq.read_table(tmp_path / "t.parquet").num_rows == 0
    else:
        assert data == b""


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_it_streams(form: Form) -> None:
    """The first page leaves before the second is asked for."""
    asked: list[int] = []

    def pages() -> Iterator[list[Mapping[str, object]]]:
        for number in range(3):
            asked.append(number)
            yield [row(str(number))]

    pieces = write(pages(), COLUMNS, form)
    first = next(pieces) if form == "jsonl" else [next(pieces), next(pieces)][1]
    assert b"0" in first and asked == [0]


def test_parquet_leaves_a_row_group_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP", 10)
    pieces = list(write(iter([[row(str(n))] * 10 for n in range(4)]), COLUMNS, "parquet"))
    assert sum(map(bool, pieces)) >= 4
    (tmp_path / "t.parquet").write_bytes(b"".join(pieces))
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 4
