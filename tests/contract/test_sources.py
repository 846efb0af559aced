"""One suite that every source must pass; a new source is added to `source_cases.CASES`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from tests.contract.source_cases import CASES, START, Case, events_of_every_kind

from groundswell.core.clock import ManualClock
from groundswell.core.incoming import Gap, RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.sources.pacing import MOST
from groundswell.sources.port import Batch, Source


class Bench:
    """A source that can be restarted: each `open` is a new one over the same material, at the same time of day."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self._folder = case, folder
        self.clock, self.stop = ManualClock(START), Event()
        case.prepare(folder)

    def open(self) -> Source:
        self.clock, self.stop = ManualClock(START), Event()
        return self.case.make(self._folder, self.clock, self.stop)

    def batches(self, cursor: str | None = None, most: int | None = None) -> list[Batch]:
        return list(islice(self.open().batches(cursor), most or self.case.enough))


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with request.param.around(tmp_path):
        yield Bench(request.param, tmp_path)


def identity(event: RawEvent) -> object:
    """What an event says, without the time at which it was told."""
    if isinstance(event, RawPost):
        return tuple(
            event.fields.get(name) for name in ("source", "post_id", "revision", "content", "author")
        )
    return event


def told(batches: Sequence[Batch]) -> list[object]:
    return [identity(event) for batch in batches for event in batch.events]


def test_describes_itself_the_same_way_each_time(bench: Bench) -> None:
    first, again = bench.open().describe(), bench.open().describe()
    assert first == again
    assert first.name and first.sentence.endswith(".")


def test_says_whether_it_ends(bench: Bench) -> None:
    ended = len(bench.batches()) < bench.case.enough
    assert ended == bench.open().describe().finite


def test_tells_something_and_each_post_has_an_id_a_source_and_a_text(bench: Bench) -> None:
    events = [event for batch in bench.batches() for event in batch.events]
    posts = [event for event in events if isinstance(event, RawPost)]
    assert posts
    for post in posts:
        for name in ("post_id", "source", "content"):
            assert isinstance(post.fields[name], str) and post.fields[name]


def test_what_is_not_a_post_is_a_deletion_an_erasure_or_a_gap(bench: Bench) -> None:
    for event in (event for batch in bench.batches() for event in batch.events):
        match event:
            case RawPost():
                created_at = event.fields.get("created_at")
                assert not isinstance(created_at, datetime) or created_at.tzinfo is not None
            case RawDeletion():
                assert event.source and event.post_id
            case RawErasure():
                assert event.author
            case Gap():
                assert event.start.tzinfo and event.start <= event.end


@pytest.mark.parametrize("case", [case for case in CASES if case.every_kind], ids=lambda case: case.name)
def test_every_kind_of_event_comes_through(case: Case, tmp_path: Path) -> None:
    assert told(Bench(case, tmp_path).batches()) == [identity(event) for event in events_of_every_kind()]


def test_order_and_content_are_the_same_each_time(bench: Bench) -> None:
    assert told(bench.batches()) == told(bench.batches())


def test_batches_are_bounded(bench: Bench) -> None:
    assert max(len(batch.events) for batch in bench.batches()) <= MOST


def test_resumes_exactly_behind_any_batch(bench: Bench) -> None:
    whole = bench.batches()
    everything = told(whole)
    for place in range(0, len(whole), max(1, len(whole) // 12)):
        before = told(whole[: place + 1])
        after = told(bench.batches(whole[place].cursor))
        expected = everything[len(before) :]
        assert after[: len(expected)] == expected


def test_behind_the_end_there_is_nothing_of_what_was_told(bench: Bench) -> None:
    whole = bench.batches()
    seen = {entry for entry in told(whole) if isinstance(entry, tuple)}
    assert seen.isdisjoint(told(bench.batches(whole[-1].cursor, most=5)))


def test_many_restarts_tell_everything_once(bench: Bench) -> None:
    everything = told(bench.batches())
    collected: list[object] = []
    cursor = None
    for _ in range(bench.case.enough):
        batch = next(bench.open().batches(cursor), None)
        if batch is None:
            break
        collected += told([batch])
        cursor = batch.cursor
    length = min(len(collected), len(everything))
    assert length > 0 and collected[:length] == everything[:length]
    if bench.open().describe().finite:
        assert collected == everything


def test_a_cursor_is_plain_text(bench: Bench) -> None:
    for batch in bench.batches():
        assert batch.cursor is not None
        assert batch.cursor.isascii() and batch.cursor.isprintable() and len(batch.cursor) <= 200


def test_a_cursor_of_something_else_starts_from_the_beginning(bench: Bench) -> None:
    assert told(bench.batches("a cursor: of something else")) == told(bench.batches())


def test_a_live_source_gives_a_sign_of_life_every_second(bench: Bench) -> None:
    source = bench.open()
    last = bench.clock.monotonic()
    for _ in islice(source.batches(None), 200 if bench.case.enough > 50 else 20):
        assert bench.clock.monotonic() - last <= 1.0
        last = bench.clock.monotonic()


def test_stops_when_told(bench: Bench) -> None:
    batches: Iterator[Batch] = bench.open().batches(None)
    next(batches)
    bench.stop.set()
    assert len(list(islice(batches, 3))) <= 1


def test_what_comes_out_after_the_stop_is_not_lost(bench: Bench) -> None:
    everything = told(bench.batches())
    batches = bench.open().batches(None)
    collected = [next(batches)]
    bench.stop.set()
    collected += islice(batches, 3)
    before = told(collected)
    after = told(bench.batches(collected[-1].cursor))
    length = min(len(everything), len(before + after))
    assert (before + after)[:length] == everything[:length]


def test_progress_rises_to_one_where_it_is_told(bench: Bench) -> None:
    shares = [batch.progress for batch in bench.batches() if batch.progress is not None]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    if bench.case.name != "scripted" and bench.open().describe().finite:
        assert shares[-1] == 1
