"""Every source that must pass the suite: how to make it, and what it holds."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from threading import Event

import zstandard
from tests.jetstream import Jetstream

from groundswell.core.clock import ManualClock
from groundswell.core.incoming import Gap, RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.sources.bluesky import BlueskyOptions, BlueskySource
from groundswell.sources.bluesky_place import server
from groundswell.sources.pacing import SLICE
from groundswell.sources.port import Batch, Description, Source
from groundswell.sources.spec import SourceOptions, open_source

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = 1300

EVERY_KIND: list[dict[str, object]] = [
    {
        "source": "a",
        "post_id": "1",
        "content": "first",
        "author": "ana",
        "created_at": "2026-03-01T10:00:00Z",
    },
    {"source": "a", "post_id": "2", "content": "second", "lang": "en", "meta": {"likes": 3}},
    {"source": "a", "post_id": "1", "content": "first, edited", "revision": 1},
    {"kind": "delete", "source": "a", "post_id": "2"},
    {"kind": "erase", "author": "ana"},
    {
        "kind": "gap",
        "source": "a",
        "start": "2026-03-01T10:00:00Z",
        "end": "2026-03-01T10:05:00Z",
        "reason": "down",
    },
    {"source": "b", "post_id": "1", "content": "another source, the same id"},
]


class ScriptedSource:
    """Emits every kind of event, a few at a time, then lives on in silence; the smallest honest source."""

    def __init__(
        self, events: Sequence[RawEvent], *, clock: ManualClock, stop: Event, at_once: int = 2
    ) -> None:
        self._events, self._clock, self._stop, self._at_once = events, clock, stop, at_once

    def describe(self) -> Description:
        return Description(name="scripted", sentence="What a test wrote down, all of it.")

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        place = int(cursor) if cursor and cursor.isdecimal() else 0
        while not self._stop.is_set():
            events = self._events[place : place + self._at_once]
            place += len(events)
            yield Batch(events=events, cursor=str(place))
            if not events:
                self._clock.sleep(SLICE)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source under test."""

    name: str
    #: makes the source anew, as after a restart; files are written into the folder before
    make: Callable[[Path, ManualClock, Event], Source]
    #: writes what the source reads
    prepare: Callable[[Path], object] = lambda _: None
    #: whether it emits `EVERY_KIND`
    every_kind: bool = False
    #: runs around the test: a server that the source asks
    around: Callable[[Path], AbstractContextManager[object]] = lambda _: nullcontext()
    #: batches after which a source that never ends is left
    enough: int = 80


def rows() -> list[dict[str, object]]:
    """Posts with line breaks, quotes, commas and other scripts in them."""
    return [
        {
            "post_id": f"p{n}",
            "source": "shop",
            "content": f'post {n}: "quoted", comma; tab? 雪 ' + ("two\nlines" if n % 7 == 0 else "one line"),
            "created_at": f"2026-03-01T{n // 60 % 24:02}:{n % 60:02}:00Z",
        }
        for n in range(ROWS)
    ]


def as_jsonl(rows: Sequence[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_csv(rows: Sequence[dict[str, object]]) -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_tsv(rows: Sequence[dict[str, object]]) -> bytes:
    lines = [list(rows[0]), *[[str(value).replace("\n", " ") for value in row.values()] for row in rows]]
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def write_parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows()), path, row_group_size=400)


def write(name: str, data: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data())


def file(name: str, **options: object) -> Callable[[Path, ManualClock, Event], Source]:
    def make(folder: Path, clock: ManualClock, stop: Event) -> Source:
        given = SourceOptions(**{"once": True, **options})  # type: ignore[arg-type]
        return open_source(f"file:{folder / name}", given, clock=clock, stop=stop)

    return make


def synthetic(folder: Path, clock: ManualClock, stop: Event) -> Source:
    del folder
    return open_source("synthetic:7", SourceOptions(rate=40), clock=clock, stop=stop)


def scripted(folder: Path, clock: ManualClock, stop: Event) -> Source:
    del folder
    return ScriptedSource(events_of_every_kind(), clock=clock, stop=stop)


def events_of_every_kind() -> list[RawEvent]:
    """What `EVERY_KIND` says, as events."""
    start, end = datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
    others: dict[object, RawEvent] = {
        "delete": RawDeletion(source="a", post_id="2"),
        "erase": RawErasure(author="ana"),
        "gap": Gap(source="a", start=start, end=end, reason="down"),
    }
    return [others[row["kind"]] if "kind" in row else RawPost(fields=row) for row in EVERY_KIND]


def happened() -> Jetstream:
    """A network in which there are posts, edits, deletions, and an account that goes."""
    network = Jetstream()
    for number in range(18):
        network.post(number)
        if number % 5 == 1:
            network.post(number, f"post {number}, edited", operation="update")
        if number % 10 == 2:
            network.post(number, operation="delete")
    network.account("did:plc:author3")
    return network


@contextmanager
def network(folder: Path) -> Iterator[None]:
    with happened().running() as serving:
        (folder / "port").write_text(str(serving.port))
        yield


def bluesky(path: str) -> Callable[[Path, ManualClock, Event], Source]:
    def make(folder: Path, clock: ManualClock, stop: Event) -> Source:
        at = server(f"ws://127.0.0.1:{(folder / 'port').read_text()}{path}")
        options = BlueskyOptions(servers=(at,), most=9, slice_seconds=0.06)
        return BlueskySource(options, clock=clock, stop=stop)

    return make


CASES = [
    Case(name="bluesky-v1", make=bluesky("/subscribe"), around=network, enough=6),
    Case(
        name="bluesky-v2",
        make=bluesky("/xrpc/network.bsky.jetstream.subscribeEvents"),
        around=network,
        enough=6,
    ),
    Case(name="scripted", make=scripted, every_kind=True),
    Case(name="synthetic", make=synthetic),
    Case(
        name="jsonl-of-every-kind",
        prepare=write("k.jsonl", lambda: as_jsonl(EVERY_KIND)),
        make=file("k.jsonl"),
        every_kind=True,
    ),
    Case(name="jsonl", prepare=write("p.jsonl", lambda: as_jsonl(rows())), make=file("p.jsonl")),
    Case(
        name="followed", prepare=write("p.jsonl", lambda: as_jsonl(rows())), make=file("p.jsonl", once=False)
    ),
    Case(
        name="at-a-rate", prepare=write("p.jsonl", lambda: as_jsonl(rows())), make=file("p.jsonl", rate=2000)
    ),
    Case(
        name="replayed",
        prepare=write("p.jsonl", lambda: as_jsonl(rows())),
        make=file("p.jsonl", speed=36_000),
    ),
    Case(
        name="gzip",
        prepare=write("p.jsonl.gz", lambda: gzip.compress(as_jsonl(rows()))),
        make=file("p.jsonl.gz"),
    ),
    Case(
        name="zstd",
        prepare=write("p.csv.zst", lambda: zstandard.compress(as_csv(rows()))),
        make=file("p.csv.zst"),
    ),
    Case(name="csv", prepare=write("p.csv", lambda: as_csv(rows())), make=file("p.csv")),
    Case(name="tsv", prepare=write("p.tsv", lambda: as_tsv(rows())), make=file("p.tsv")),
    Case(
        name="parquet",
        prepare=lambda folder: write_parquet(folder / "p.parquet"),
        make=file("p.parquet"),
    ),
]
