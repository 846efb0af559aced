"""The file source beyond the contract: following, replaced files, reports, standard input, pacing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TextIO

import pytest

from groundswell.core.clock import ManualClock, SystemClock
from groundswell.core.errors import BadFile, BadSource, NotBuiltYet
from groundswell.core.incoming import RawPost
from groundswell.settings import load_settings
from groundswell.sources.port import Batch, Source
from groundswell.sources.spec import SourceOptions, open_source

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Reader:
    """Reads a file with a clock moved by hand, and keeps what is reported."""

    def __init__(self) -> None:
        self.clock, self.stop = ManualClock(START), Event()
        self.reports: list[str] = []

    def open(self, path: Path | str, **options: object) -> Source:
        given = SourceOptions(**options)  # type: ignore[arg-type]
        return open_source(
            f"file:{path}", given, clock=self.clock, stop=self.stop, report=self.reports.append
        )

    def texts(self, path: Path | str, cursor: str | None = None, **options: object) -> list[str]:
        return texts(self.open(path, **{"once": True, **options}).batches(cursor))


@pytest.fixture
def reader() -> Reader:
    return Reader()


def texts(batches: Iterator[Batch]) -> list[str]:
    events = [event for batch in batches for event in batch.events]
    return [str(event.fields["content"]) for event in events if isinstance(event, RawPost)]


def lines(*numbers: int) -> str:
    return "".join(json.dumps({"post_id": str(n), "content": f"post {n}"}) + "\n" for n in numbers)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_bad_lines_are_reported_by_number_and_lose_nothing_else(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1) + "{broken\n" + lines(2) + '{"post_id": "3"}\n' + lines(4))
    assert reader.texts(path) == ["post 1", "post 2", "post 4"]
    assert [report.split(" of ")[0] for report in reader.reports] == ["Line 2", "Line 4"]
    assert all(str(path) in report and report.endswith("it was passed over.") for report in reader.reports)


def test_appended_lines_are_followed(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1))
    batches = reader.open(path).batches(None)
    assert texts(islice(batches, 1)) == ["post 1"]
    assert texts(islice(batches, 3)) == []
    append(path, lines(2)[:10])
    assert texts(islice(batches, 3)) == []
    append(path, lines(2)[10:] + lines(3))
    assert texts(islice(batches, 1)) == ["post 2", "post 3"]


def test_a_file_put_in_its_place_is_read_next_and_nothing_of_the_old_is_missed(
    tmp_path: Path, reader: Reader
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1))
    batches = reader.open(path).batches(None)
    first = next(batches)
    append(path, lines(2))
    path.rename(tmp_path / "a.jsonl.1")
    path.write_text(lines(3))
    rest = list(islice(batches, 3))
    assert texts(iter(rest)) == ["post 2", "post 3"]
    assert first.cursor != rest[-1].cursor
    assert reader.texts(path, rest[-1].cursor) == []


def test_a_file_moved_away_is_waited_for(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1))
    batches = reader.open(path).batches(None)
    next(batches)
    path.unlink()
    assert texts(islice(batches, 3)) == []
    path.write_text(lines(2))
    assert texts(islice(batches, 3)) == ["post 2"]


def test_a_file_that_was_emptied_starts_anew(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1, 2))
    batches = reader.open(path).batches(None)
    next(batches)
    path.write_text(lines(3))
    assert texts(islice(batches, 3)) == ["post 3"]


def test_a_replaced_file_is_read_from_its_first_row_and_that_is_said(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(1, 2))
    *_, last = reader.open(path, once=True).batches(None)
    path.write_text(lines(5, 6, 7))
    assert reader.texts(path, last.cursor) == ["post 5", "post 6", "post 7"]
    assert "is not the file it was last time" in reader.reports[0]


def test_the_last_line_needs_no_line_break(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,one\n2,two")
    assert reader.texts(path) == ["one", "two"]


def test_the_same_file_read_twice_makes_the_same_ids(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nsame\nsame\nother\n")

    def ids() -> list[object]:
        batches = reader.open(path, once=True).batches(None)
        return [
            event.fields["post_id"]
            for batch in batches
            for event in batch.events
            if isinstance(event, RawPost)
        ]

    first = ids()
    assert len(set(first)) == 3
    append(path, "appended\n")
    assert ids()[:3] == first


def test_columns_and_source_can_be_named(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.csv"
    path.write_text("key;what\n1;hello\n")
    source = reader.open(path, once=True, columns=("content=what,post_id=key",), source_name="shop")
    (event,) = next(source.batches(None)).events
    assert isinstance(event, RawPost)
    assert event.fields == {"content": "hello", "post_id": "1", "source": "shop"}


def test_a_table_without_a_text_ends_with_advice(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadFile, match="--map content=COLUMN"):
        reader.texts(path)


def test_a_missing_file_is_named_before_anything_starts(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(BadSource, match=r"There is no file .*none\.jsonl"):
        reader.open(tmp_path / "none.jsonl")


def test_a_rate_is_kept(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*range(100)))
    seen = []
    for batch in reader.open(path, once=True, rate=10).batches(None):
        seen += [reader.clock.monotonic()] * len(batch.events)
    assert len(seen) == 100
    assert seen[-1] == pytest.approx(9.9, abs=0.3)
    for second in range(9):
        assert 8 <= sum(second <= at < second + 1 for at in seen) <= 12


def test_a_slow_taker_is_made_up_for_by_a_second_only(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*range(100)))
    batches = reader.open(path, once=True, rate=10).batches(None)
    next(batches)
    reader.clock.advance(1000)
    at_once = 0
    for batch in batches:
        if reader.clock.monotonic() > 1000.01:
            break
        at_once += len(batch.events)
    assert at_once <= 12


def test_recorded_times_are_replayed_faster_and_gaps_stay_alive(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,created_at\n1,a,2020-01-01T00:00:00Z\n2,b,2020-01-01T00:10:00Z\n3,earlier,2020-01-01T00:05:00Z\n"
        "4,timeless,\n5,e,2020-01-01T01:00:00Z\n"
    )
    seen = {}
    last = 0.0
    for batch in reader.open(path, once=True, speed=60).batches(None):
        now = reader.clock.monotonic()
        assert now - last <= 1
        last = now
        seen.update({event.fields["content"]: now for event in batch.events if isinstance(event, RawPost)})
    assert [round(at) for at in seen.values()] == [0, 10, 10, 10, 60]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """Standard input as a pipe; what is written to it can be read."""
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming) as stdin, os.fdopen(outgoing, "w", buffering=1) as writer:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writer


def test_standard_input_is_read_until_it_is_closed(pipe: TextIO, reader: Reader) -> None:
    source = reader.open("-", once=True)
    batches = source.batches(None)
    assert next(batches).events == []
    pipe.write(lines(1, 2) + lines(3)[:5])
    assert texts(islice(batches, 1)) == ["post 1", "post 2"]
    pipe.write(lines(3)[5:-1])
    pipe.close()
    rest = list(batches)
    assert texts(iter(rest)) == ["post 3"]
    assert all(batch.cursor is None for batch in rest)
    assert source.describe().finite and source.describe().name == "file:-"


@pytest.mark.parametrize(
    ("spec", "options", "sentence"),
    [
        ("nonsense", {}, "There is no source 'nonsense'"),
        ("file:", {}, "There is no source 'file:'"),
        ("synthetic:x", {}, "There is no source 'synthetic:x'"),
        ("synthetic", {"speed": 2.0}, "are for files"),
        ("synthetic", {"columns": ("content=a",)}, "are for files"),
        ("synthetic", {"rate": 0.0}, "--rate must be more than 0"),
        ("file:a.jsonl", {"rate": 1.0, "speed": 1.0}, "exclude each other"),
        ("file:a.docx", {}, "says no format"),
    ],
)
def test_wrong_specs_are_refused_in_a_sentence(
    reader: Reader, spec: str, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadSource, match=sentence):
        open_source(spec, SourceOptions(**options), clock=reader.clock, stop=reader.stop)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", ["reddit:ucla", "mastodon:host/#tag", "rss:https://example.org/feed"])
def test_sources_that_come_later_say_so(reader: Reader, spec: str) -> None:
    with pytest.raises(NotBuiltYet, match="is not built yet"):
        open_source(spec, SourceOptions(), clock=reader.clock, stop=reader.stop)


@pytest.fixture(scope="session")
def tweets(request: pytest.FixtureRequest) -> Path:
    """Real posts with real times: GROUNDSWELL_DATA, or shared/data beside the repository."""
    folder = load_settings().labelled_data or request.config.rootpath.parent / "shared" / "data"
    path = folder / "posts" / "tweets_2016.jsonl"
    if not path.exists():
        pytest.skip("tweets_2016.jsonl is not here; set GROUNDSWELL_DATA to the folder of labelled data")
    return path


def test_real_posts_all_come_through(tweets: Path) -> None:
    reports: list[str] = []
    options = SourceOptions(once=True)
    source = open_source(f"file:{tweets}", options, clock=SystemClock(), stop=Event(), report=reports.append)
    ids = [
        e.fields["post_id"] for batch in source.batches(None) for e in batch.events if isinstance(e, RawPost)
    ]
    assert len(ids) == len(set(ids)) == 19_630
    assert reports == []
