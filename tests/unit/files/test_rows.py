"""Rows of every format: what is read, what is passed over, and where reading resumes."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from groundswell.core.errors import BadFile
from groundswell.files.columns import Column, survey
from groundswell.files.kind import Kind, bare_name, kind_of
from groundswell.files.lines import LONGEST
from groundswell.files.reading import open_rows, table_columns
from groundswell.files.row import BadRow, Row, Rows

Open = Callable[[Path], Rows]


@pytest.fixture
def open_() -> Iterator[Open]:
    """Open a table; it is closed after the test."""
    with ExitStack() as stack:

        def opened(path: Path) -> Rows:
            return stack.enter_context(closing(open_rows(str(path), kind_of(str(path)))))

        yield opened


def rows_of(path: Path) -> list[Row | BadRow]:
    with closing(open_rows(str(path), kind_of(str(path)))) as rows:
        return list(rows.rows())


def values(rows: Iterable[Row | BadRow]) -> list[object]:
    return [dict(row.values) if isinstance(row, Row) else row for row in rows]


def squeezed(data: bytes, ending: str) -> bytes:
    return gzip.compress(data) if ending == "gz" else zstandard.compress(data)


def written(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.jsonl", Kind(format="jsonl")),
        ("a.NDJSON", Kind(format="jsonl")),
        ("x/a.b.csv.gz", Kind(format="csv", packing="gz")),
        ("a.tsv.zst", Kind(format="tsv", packing="zst")),
        ("a.parquet", Kind(format="parquet")),
        ("-", Kind(format="jsonl")),
    ],
)
def test_the_ending_says_the_kind(path: str, kind: Kind) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize("path", ["a.txt", "a", "a.gz", "a.parquet.gz", ".csv.d/a"])
def test_other_endings_are_refused_in_a_sentence(path: str) -> None:
    with pytest.raises(BadFile, match="known are"):
        kind_of(path)


def test_a_packed_file_has_the_same_bare_name() -> None:
    assert bare_name("x/p.csv.gz") == bare_name("p.csv") == "p.csv"


def test_jsonl_passes_over_what_is_no_object_and_nothing_else(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl", b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2\nnull\n{"a": "\xff"}\n  \n{"a": 3}'
    )
    one, cut, null, latin, three = rows_of(path)
    assert values([one, three]) == [{"a": 1}, {"a": 3}]
    assert isinstance(cut, BadRow) and cut.where == "line 3" and "is not JSON" in cut.reason
    assert null == BadRow("line 4", "is not a JSON object")
    assert isinstance(latin, BadRow) and latin.where == "line 5"
    assert isinstance(three, Row) and (three.number, three.line) == (5, 7)


def test_a_line_too_long_costs_only_itself(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * (LONGEST + 100_000) + b'"}\n'
    path = written(tmp_path / "a.jsonl", b'{"a": 1}\n' + long + b'{"a": 2}\n')
    first, bad, last = rows_of(path)
    assert values([first, last]) == [{"a": 1}, {"a": 2}]
    assert bad == BadRow("line 2", "is longer than 4 MiB")


def test_a_whole_file_as_one_array_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="jq"):
        rows_of(written(tmp_path / "a.json", '[{"a": 1},\n {"a": 2}]'.replace("\n", "")))


def test_csv_reads_quotes_line_breaks_and_semicolons(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", '\ufeffid;text\r\n1;"two\r\nlines; ""quoted"""\r\n\r\n2;x\r\n')
    rows = rows_of(path)
    assert values(rows) == [{"id": "1", "text": 'two\r\nlines; "quoted"'}, {"id": "2", "text": "x"}]
    assert [row.where if isinstance(row, Row) else None for row in rows] == ["line 2", "line 5"]


def test_one_quote_too_many_costs_only_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'id,text\n1,"open\n2,b\n3,"c d",e\n4,f\n')
    rows = rows_of(path)
    assert values(row for row in rows if isinstance(row, Row)) == [
        {"id": "2", "text": "b"},
        {"id": "4", "text": "f"},
    ]
    assert [row.where for row in rows if isinstance(row, BadRow)] == ["line 2", "line 4"]


def test_a_quote_left_open_in_a_long_file_costs_only_its_line(tmp_path: Path) -> None:
    lines = ["id,text", '0,"open', *(f"{n},{'x' * 50}" for n in range(1, 5000))]
    rows = rows_of(written(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    assert [row.where for row in rows if isinstance(row, BadRow)] == ["line 2"]
    assert len(rows) == 5000


def test_csv_reports_what_is_not_utf8_or_has_too_few_values(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"a,b\n1,\xe9\n2\n3,z\n")
    latin, short, good = rows_of(path)
    assert latin == BadRow("line 2", "is not UTF-8")
    assert short == BadRow("line 3", "has 1 values where the header has 2")
    assert values([good]) == [{"a": "3", "b": "z"}]


def test_a_utf16_file_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="save it as UTF-8"):
        rows_of(written(tmp_path / "a.csv", "a,b\n1,2\n".encode("utf-16")))


def test_tsv_takes_quotes_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tsv", 'text\tlabel\n"so" he said\tneutral\n"open\tneutral\n')
    assert values(rows_of(path)) == [
        {"text": '"so" he said', "label": "neutral"},
        {"text": '"open', "label": "neutral"},
    ]


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert values(rows_of(written(tmp_path / "a.csv", "x,x,y\n1,2,3\n"))) == [
        {"x": "1", "x.1": "2", "y": "3"}
    ]


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_packed_files_may_have_several_parts_and_are_not_read_past_a_cut(
    tmp_path: Path, open_: Open, ending: str
) -> None:
    pieces = (b'{"a": 1}\n{"a"', b": 2}\n", b'{"a": 3}\n' * 1000)
    parts = b"".join(squeezed(piece, ending) for piece in pieces)
    assert len(rows_of(written(tmp_path / f"a.jsonl.{ending}", parts))) == 1002
    reading = open_(written(tmp_path / f"b.jsonl.{ending}", parts[:-6])).rows()
    assert values([next(reading), next(reading)]) == [{"a": 1}, {"a": 2}]
    with pytest.raises(BadFile, match=r"is cut off"):
        list(reading)


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_damaged_files_are_said_to_be_damaged(tmp_path: Path, ending: str) -> None:
    with pytest.raises(BadFile, match="is damaged"):
        rows_of(written(tmp_path / f"a.jsonl.{ending}", b"this was never packed at all"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, open_: Open, name: str) -> None:
    with pytest.raises(BadFile, match=f"There is no file .*{name}"):
        open_(tmp_path / name)


def test_a_folder_is_not_a_file(tmp_path: Path, open_: Open) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(BadFile, match="cannot be read"):
        open_(tmp_path / "a.jsonl")


def test_a_parquet_file_that_is_none_is_said_to_be_damaged(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="is not Parquet"):
        rows_of(written(tmp_path / "a.parquet", b"no"))


def test_parquet_keeps_types(tmp_path: Path) -> None:
    table = pa.table({"n": [1, None], "tags": [["a"], []], "text": ["x", "y"]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert values(rows_of(tmp_path / "a.parquet")) == table.to_pylist()


def test_an_unfinished_line_waits_unless_it_is_certainly_whole(tmp_path: Path, open_: Open) -> None:
    path = written(tmp_path / "a.jsonl", '{"a": 1}\n{"a": 2')
    rows = open_(path)
    assert values(rows.rows(final=False)) == [{"a": 1}]
    with path.open("ab") as file:
        file.write(b"}")
    assert values(rows.rows(final=False)) == [{"a": 2}]
    csv = open_(written(tmp_path / "a.csv", 'a,b\n1,"x\n'))
    assert values(csv.rows(final=False)) == []
    with (tmp_path / "a.csv").open("ab") as file:
        file.write(b'y"\n2,z')
    assert values(csv.rows(final=False)) == [{"a": "1", "b": "x\ny"}]
    assert values(csv.rows()) == [{"a": "2", "b": "z"}]


def test_a_header_may_come_late(tmp_path: Path, open_: Open) -> None:
    path = written(tmp_path / "a.csv", "")
    rows = open_(path)
    assert rows.columns is None and list(rows.rows()) == []
    path.write_text("a\n1\n")
    assert values(rows.rows()) == [{"a": "1"}]


def positions(rows: Rows) -> list[str]:
    return [str(rows.cursor(rows.mark())) for _ in rows.rows()]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.jsonl.gz"])
def test_a_cursor_holds_as_long_as_what_was_read_is_the_same(tmp_path: Path, open_: Open, name: str) -> None:
    lines = [b"a,b\n" if "csv" in name else b'{"header": 0}\n']
    lines += [b'%d,"%s"\n' % (n, b"x" * n) if "csv" in name else b'{"a": %d}\n' % n for n in range(300)]
    squeeze = gzip.compress if name.endswith("gz") else bytes
    path = written(tmp_path / name, squeeze(b"".join(lines)))
    cursor = positions(open_(path))[200]

    def resumes() -> bool:
        return open_(path).resume(cursor)

    assert resumes()
    path.write_bytes(squeeze(b"".join(lines) + lines[1]))
    assert resumes(), "lines were appended"
    path.write_bytes(squeeze(b"".join([lines[0], lines[2], *lines[2:]])))
    assert not resumes(), "the beginning is another"
    path.write_bytes(squeeze(b"".join([*lines[:150], *lines[151:]])))
    assert not resumes(), "a line is missing before the cursor"
    path.write_bytes(squeeze(b"".join(lines[:100])))
    assert not resumes(), "the file is shorter"
    path.write_bytes(b"" if squeeze is bytes else squeeze(b""))
    assert not resumes(), "the file is empty"


def test_a_parquet_cursor_is_of_one_file(tmp_path: Path, open_: Open) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(50))}), path, row_group_size=8)
    cursor = positions(open_(path))[20]
    rows = open_(path)
    assert rows.resume(cursor)
    assert values(rows.rows()) == [{"a": n} for n in range(21, 50)]
    pq.write_table(pa.table({"a": list(range(51))}), path, row_group_size=8)
    assert not open_(path).resume(cursor)


@pytest.mark.parametrize(
    "cursor", ["", "x", "lines1:1:2", "lines1:a:b:c:d:e:f", "lines1:-5:0:0:0:0:00", "parquet1:x"]
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_nonsense_is_no_cursor(tmp_path: Path, open_: Open, name: str, cursor: str) -> None:
    path = written(tmp_path / name, '{"a": 1}\n{"a": 1}\n')
    assert not open_(path).resume(cursor)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, open_: Open) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        for n in range(40_000):
            file.write(b'{"a": %d, "text": "%s"}\n' % (n, b"x" * 200))
    rows = open_(path)
    import tracemalloc

    tracemalloc.start()
    assert sum(1 for _ in rows.rows()) == 40_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert os.path.getsize(path) > 8_000_000 and peak < 1_000_000


def test_a_survey_finds_every_column_and_a_type_that_holds_all() -> None:
    found = survey([{"a": 1, "b": "x"}, {"a": 2.5, "c": None}, {"b": ["y"], "c": True, "d": None}])
    assert found == (
        Column(name="a", type="number"),
        Column(name="b", type="json"),
        Column(name="c", type="truth value"),
        Column(name="d", type="text"),
    )


def test_columns_are_known_before_the_rows(tmp_path: Path) -> None:
    csv = written(tmp_path / "a.csv", "x,y\n1,2\n")
    jsonl = written(tmp_path / "a.jsonl", '{"x": 1}\nbad\n{"z": 2}\n')
    pq.write_table(pa.table({"t": pa.array([1], pa.int8())}), tmp_path / "a.parquet")
    assert [c.name for c in table_columns(str(csv), kind_of("a.csv"))] == ["x", "y"]
    assert [c.name for c in table_columns(str(jsonl), kind_of("a.jsonl"))] == ["x", "z"]
    (column,) = table_columns(str(tmp_path / "a.parquet"), kind_of("a.parquet"))
    assert (column.name, column.arrow) == ("t", pa.int8())
