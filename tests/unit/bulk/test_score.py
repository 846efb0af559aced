"""Scoring a file: every format in and out, rows that cannot be read, and a job that was interrupted."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from groundswell.bulk.columns import ADDED, columns_of
from groundswell.bulk.score import CHUNK, Scored, ScoreOptions, score
from groundswell.bulk.texts import load_model, read_each
from groundswell.core.errors import BadFile, Conflict, InvalidInput, UnreadableText
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Reading
from groundswell.files.kind import kind_of
from groundswell.files.reading import open_rows
from groundswell.files.row import Row
from groundswell.models.port import ModelInfo

VADER = load_model("vader")
NAMES = [column.name for column in ADDED]


class Moody:
    """A model with emotions that cannot read the word `unreadable` and counts what it read."""

    info = ModelInfo(
        key="moody",
        version="2",
        description="For tests.",
        labels=SENTIMENTS,
        has_emotions=True,
        emotion_thresholds=(0.5, 0.5, 0.5, 0.2, 0.5, 0.5, 0.1),
    )

    def __init__(self) -> None:
        self.read_texts = 0

    def read(self, texts: Sequence[str]) -> list[Reading]:
        if any("unreadable" in text for text in texts):
            raise UnreadableText
        self.read_texts += len(texts)
        emotions = (0.1, 0.0, 0.0, 0.6, 0.05, 0.0, 0.15)
        return [Reading(scores=(0.1, 0.2, 0.7), emotions=emotions, model_used="moody@2")] * len(texts)

    def explain(self, text: str) -> list[Attribution]:
        del text
        return []


def run(
    source: Path | str, target: Path | str, *, model: Any = VADER, **options: Any
) -> tuple[Scored, list[str]]:
    reports: list[str] = []
    done = score(
        ScoreOptions(input=str(source), output=str(target), **options),
        model,
        stdout=BytesIO(),
        report=reports.append,
        on_progress=lambda _: None,
    )
    return done, reports


def table(path: Path) -> list[dict[str, Any]]:
    rows = open_rows(str(path), kind_of(str(path)))
    found = [dict(row.values) for row in rows.rows() if isinstance(row, Row)]
    rows.close()
    return found


TEXTS = ["I love it", 'a "quoted", text\nof two lines', "awful, terrible", "the table", "雪 😀"]


def write_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(TEXTS)))


def write_csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(TEXTS)])


def write_tsv(path: Path) -> None:
    path.write_text(
        "id\ttext\n" + "".join(f"{n}\t{text}\n".replace("\nof", " of") for n, text in enumerate(TEXTS))
    )


def write_parquet(path: Path) -> None:
    pq.write_table(pa.table({"id": range(len(TEXTS)), "text": TEXTS}), path)


WRITERS: dict[str, Callable[[Path], None]] = {
    "in.jsonl": write_jsonl,
    "in.csv": write_csv,
    "in.tsv": write_tsv,
    "in.parquet": write_parquet,
}


@pytest.mark.parametrize(
    "target", ["out.jsonl", "out.csv", "out.tsv", "out.parquet", "out.jsonl.gz", "out.csv.zst"]
)
@pytest.mark.parametrize("source", WRITERS)
def test_every_format_becomes_every_other(tmp_path: Path, source: str, target: str) -> None:
    WRITERS[source](tmp_path / source)
    done, reports = run(tmp_path / source, tmp_path / target)
    rows = table(tmp_path / target)
    assert (done.state.rows, reports) == (len(TEXTS), [])
    assert [list(row) for row in rows] == [["id", "text", *NAMES]] * len(TEXTS)
    assert [str(row["id"]) for row in rows] == [str(n) for n in range(len(TEXTS))]
    flat = "tsv" in source + target
    assert [row["text"] for row in rows] == [text.replace("\n", " ") if flat else text for text in TEXTS]
    assert [row["sentiment"] for row in rows][:3] == ["positive", "neutral", "negative"]
    assert float(rows[0]["confidence"]) > 0.9
    assert rows[0]["emotion"] in {None, ""}
    assert {path.name for path in tmp_path.iterdir()} == {source, target}


def test_columns_say_what_the_model_says() -> None:
    moody = Moody()
    (reading,) = moody.read(["x"])
    columns = columns_of(reading, moody.info)
    assert list(columns) == NAMES
    assert columns["emotion"] == "joy"
    assert columns["emotions"] == "joy,surprise"
    assert [columns[f"emotion_{name}"] for name in EMOTIONS] == [0.1, 0.0, 0.0, 0.6, 0.05, 0.0, 0.15]
    assert (columns["positive"], columns["model_used"]) == (0.7, "moody@2")


def test_a_text_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "id,text\n" + "".join(f"{n},{'unreadable' if n == 17 else 'x'}\n" for n in range(40)) + "40,\n"
    )
    done, reports = run(source, tmp_path / "out.jsonl", model=Moody())
    rows = table(tmp_path / "out.jsonl")
    assert [int(row["id"]) for row in rows if row["sentiment"] is None] == [17, 40]
    assert (done.state.rows, done.state.unread) == (41, 2)
    assert (
        reports[0] == f"Line 19 of {source} was kept without a reading: The text cannot be read by the model."
    )
    assert reports[1].startswith("Line 42 ")


def test_one_by_one_equals_together() -> None:
    texts = ["a", "unreadable", "b", "unreadable", "c"]
    found = read_each(Moody(), texts)
    assert [isinstance(one, Reading) for one in found] == [True, False, True, False, True]


def test_a_row_that_cannot_be_read_stops_the_job_and_can_be_left_out(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a"}\n{oops\n{"text": "b"}\n')
    with pytest.raises(BadFile, match=r"Line 2 of .* is not JSON .*--skip-bad"):
        run(source, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    done, reports = run(source, tmp_path / "out.jsonl", skip_bad=True)
    assert (done.state.rows, done.state.skipped, len(reports)) == (2, 1, 1)


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv"])
def test_a_missing_text_column_is_named_with_those_there_are(tmp_path: Path, target: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"a": "x", "b": "y"}\n')
    with pytest.raises(InvalidInput, match=r"no column 'text' in .*in.jsonl; it has a, b: .*--text-column"):
        run(source, tmp_path / target)
    run(source, tmp_path / target, text_column="b")
    assert table(tmp_path / target)[0]["a"] == "x"


def test_the_column_that_looks_like_the_text_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,Review Text\n1,lovely\n")
    run(source, tmp_path / "out.jsonl")
    assert table(tmp_path / "out.jsonl")[0]["sentiment"] == "positive"


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv"])
def test_no_column_of_the_input_is_overwritten(tmp_path: Path, target: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "lovely", "sentiment": "mine"}\n')
    with pytest.raises(InvalidInput, match=r"has a column 'sentiment' already; .*--prefix"):
        run(source, tmp_path / target)
    run(source, tmp_path / target, prefix="model_")
    (row,) = table(tmp_path / target)
    assert (row["sentiment"], row["model_sentiment"]) == ("mine", "positive")


def test_rows_with_columns_of_their_own_fit_into_a_table(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a", "n": 1}\n{"text": "b", "tags": ["x", "y"]}\n{"n": 2.5, "text": "c"}\n')
    run(source, tmp_path / "out.csv")
    assert [(row["n"], row["tags"]) for row in table(tmp_path / "out.csv")] == [
        ("1", ""),
        ("", '["x","y"]'),
        ("2.5", ""),
    ]
    run(source, tmp_path / "out.parquet")
    assert [(row["n"], row["tags"]) for row in table(tmp_path / "out.parquet")] == [
        (1.0, None),
        (None, '["x","y"]'),
        (2.5, None),
    ]


def test_parquet_keeps_the_types_of_the_input(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    columns = {
        "text": ["a", None],
        "small": pa.array([1, 2], pa.int8()),
        "at": pa.array([moment, None], pa.timestamp("us", tz="UTC")),
        "tags": [["x"], []],
    }
    given = pa.table(columns)
    pq.write_table(given, tmp_path / "in.parquet")
    done, _ = run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(given.schema.names).to_pylist() == given.to_pylist()
    assert [found.schema.field(name).type for name in given.schema.names] == [
        field.type for field in given.schema
    ]
    assert done.state.unread == 1
    run(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    assert table(tmp_path / "out.jsonl")[0]["at"].startswith("2026-03-01T00:00:00")


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv", "out.parquet"])
def test_an_empty_input_gives_an_empty_output(tmp_path: Path, target: str) -> None:
    (tmp_path / "in.csv").write_text("id,text\n")
    done, _ = run(tmp_path / "in.csv", tmp_path / target)
    assert done.state.rows == 0
    assert table(tmp_path / target) == []
    if target == "out.parquet":
        assert pq.read_schema(tmp_path / target).names == ["id", "text", *NAMES]


def test_input_and_output_differ(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nx\n")
    with pytest.raises(InvalidInput, match="same file"):
        run(tmp_path / "in.csv", tmp_path / "." / "in.csv")


def test_a_missing_input_leaves_no_output(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="There is no file"):
        run(tmp_path / "none.csv", tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


class Interrupted(Exception):
    pass


def interrupt_after(chunks: int) -> Callable[[Scored], None]:
    def look(at: Scored) -> None:
        if at.state.rows >= chunks * CHUNK:
            raise Interrupted

    return look


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv.gz", "out.tsv", "out.parquet"])
@pytest.mark.parametrize("source", ["in.jsonl", "in.csv"])
def test_an_interrupted_job_continues_and_ends_as_if_it_had_not_been(
    tmp_path: Path, source: str, target: str
) -> None:
    count = 3 * CHUNK + 100
    rows = [{"id": str(n), "text": f"text {n}"} for n in range(count)]
    with (tmp_path / source).open("w", newline="") as file:
        if source == "in.csv":
            writer = csv.DictWriter(file, ["id", "text"])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    run(tmp_path / source, tmp_path / f"whole.{target}", model=Moody())
    options = ScoreOptions(input=str(tmp_path / source), output=str(tmp_path / target))
    with pytest.raises(Interrupted):
        score(options, Moody(), stdout=BytesIO(), report=lambda _: None, on_progress=interrupt_after(2))
    with (tmp_path / f"{target}.partial").open("ab") as file:
        file.write(b"half a row that was not synced")
    model = Moody()
    done, _ = run(tmp_path / source, tmp_path / target, model=model)
    assert (done.resumed, done.state.rows, model.read_texts) == (2 * CHUNK, count, count - 2 * CHUNK)
    assert table(tmp_path / target) == table(tmp_path / f"whole.{target}")
    assert not list(tmp_path.glob("*.partial*"))


def leave_half_done(folder: Path) -> Path:
    """Write an input of three chunks of which one was scored."""
    source = folder / "in.csv"
    source.write_text("text\n" + "".join(f"text {n}\n" for n in range(3 * CHUNK)))
    options = ScoreOptions(input=str(source), output=str(folder / "out.csv"))
    with pytest.raises(Interrupted):
        score(options, Moody(), stdout=BytesIO(), report=lambda _: None, on_progress=interrupt_after(1))
    return source


def test_another_job_does_not_continue_it(tmp_path: Path) -> None:
    source = leave_half_done(tmp_path)
    done, _ = run(source, tmp_path / "out.csv", model=VADER)
    assert done.resumed == 0
    assert {row["model_used"] for row in table(tmp_path / "out.csv")} == {"vader@1"}


def test_a_changed_input_is_scored_anew_and_that_is_said(tmp_path: Path) -> None:
    source = leave_half_done(tmp_path)
    source.write_text("text\nonly one\n")
    done, reports = run(source, tmp_path / "out.csv", model=Moody())
    assert (done.resumed, done.state.rows) == (0, 1)
    assert "has changed since" in reports[0]
    assert len(table(tmp_path / "out.csv")) == 1


def test_two_jobs_do_not_write_one_output(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nx\n")

    def start_another(at: Scored) -> None:
        if at.state.rows:
            return
        with pytest.raises(Conflict, match="Another process is writing"):
            run(tmp_path / "in.csv", tmp_path / "out.csv")

    options = ScoreOptions(input=str(tmp_path / "in.csv"), output=str(tmp_path / "out.csv"))
    score(options, VADER, stdout=BytesIO(), report=lambda _: None, on_progress=start_another)
    assert len(table(tmp_path / "out.csv")) == 1


def test_standard_output_gets_json_lines(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nlovely\n")
    stdout = BytesIO()
    options = ScoreOptions(input=str(tmp_path / "in.csv"), output="-")
    score(options, VADER, stdout=stdout, report=lambda _: None, on_progress=lambda _: None)
    assert json.loads(stdout.getvalue())["sentiment"] == "positive"
