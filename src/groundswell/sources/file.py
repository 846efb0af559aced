"""A file as a source: JSONL, CSV, TSV or Parquet, plain or packed, or standard input.

It resumes behind the cursor as long as the file is still the same up to there; a replaced or
shortened file starts anew, and what was read before counts once. A plain file of lines is followed
as `tail -F` does unless `once`: appended lines are read, and a file put in its place is read next.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from groundswell.core.clock import Clock
from groundswell.core.incoming import RawEvent
from groundswell.files.kind import STANDARD, Kind, bare_name, kind_of
from groundswell.files.reading import open_rows
from groundswell.files.row import BadRow, Rows
from groundswell.sources.pacing import Pace, cut
from groundswell.sources.port import Batch, Description
from groundswell.sources.records import Naming, Records, Unusable

Report = Callable[[str], None]
"""Takes one sentence for people about a row that was passed over, or a file that was replaced."""


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """What is read and how."""

    path: str
    naming: Naming = field(default_factory=Naming)
    #: end at the end of the file instead of following it
    once: bool = False


class FileSource:
    """Reads one file in batches."""

    def __init__(
        self, options: FileOptions, *, new_pace: Callable[[], Pace], clock: Clock, stop: Event, report: Report
    ) -> None:
        self._options, self._kind = options, kind_of(options.path)
        self._new_pace, self._clock, self._stop, self._report = new_pace, clock, stop, report

    def describe(self) -> Description:
        """Name the file by its full path: two files of one name have two cursors."""
        path = self._options.path
        name = path if path == STANDARD else str(Path(path).resolve())
        grows = self._kind.format != "parquet" and not self._kind.packing and path != STANDARD
        return Description(
            name=f"file:{name}",
            sentence=f"Every row of {path} that can be read; the others are left out and reported.",
            finite=self._options.once or not grows,
        )

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Yield the rows behind `cursor`; raises `BadFile` when the file cannot be read further."""
        with closing(_Flow(self._options, self._kind, self._report)) as flow:
            flow.go_behind(cursor)
            yield from cut(flow, self._new_pace(), clock=self._clock, stop=self._stop)


class _Flow:
    """The events of one file, and of the files that take its place."""

    def __init__(self, options: FileOptions, kind: Kind, report: Report) -> None:
        self._path, self._kind, self._report = options.path, kind, report
        #: a pipe ends when it is closed, not when it is quiet
        self._once = options.once and options.path != STANDARD
        self._records = Records(options.naming, file_name=bare_name(options.path))
        self._header_checked = False
        self._rows = self._open()

    def _open(self) -> Rows:
        return open_rows(self._path, self._kind, waits=False)

    def go_behind(self, cursor: str | None) -> None:
        """Resume, if the file is still the one that `cursor` was made for."""
        if cursor is not None and not self._rows.resume(cursor):
            self._report(f"{self._path} is not the file it was last time; it is read from its first row.")
            self._start_anew()

    def _start_anew(self) -> None:
        self._rows.close()
        self._rows = self._open()
        self._header_checked = False

    def events(self) -> Iterator[RawEvent | None]:
        """Yield what can be read; None where the file has no more for now."""
        while True:
            final = self._once or self._rows.ended
            yield from self._readable(final=final)
            if final:
                return
            if self._rows.replaced():
                yield from self._readable(final=True)  # what came between the last look and the change
                yield None  # so that no batch spans two files
                self._start_anew()
            else:
                yield None

    def _readable(self, *, final: bool) -> Iterator[RawEvent]:
        for row in self._rows.rows(final=final):
            if isinstance(row, BadRow):
                self._pass_over(row.where, row.reason)
                continue
            if not self._header_checked:
                self._check_header()
            try:
                yield self._records.event(row)
            except Unusable as reason:
                self._pass_over(row.where, str(reason))

    def _check_header(self) -> None:
        self._header_checked = True
        if self._rows.columns is not None:
            self._records.check_header(self._rows.columns)

    def _pass_over(self, where: str, reason: str) -> None:
        self._report(f"{where} of {self._path} {reason}; it was passed over.".capitalize())

    def place(self) -> tuple[Rows, object]:
        """Return the place behind the last row, and the file it is in."""
        return self._rows, self._rows.mark()

    def batch(self, events: Sequence[RawEvent], place: tuple[Rows, object]) -> Batch:
        """Return a batch with the cursor of `place`; standard input has none."""
        rows, mark = place
        cursor = None if self._path == STANDARD else rows.cursor(mark)
        return Batch(events=events, cursor=cursor, progress=rows.progress())

    def close(self) -> None:
        """Close the file."""
        self._rows.close()
