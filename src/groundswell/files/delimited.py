"""Rows of CSV (RFC 4180, quoted fields may span lines) and TSV (as registered with IANA: no quoting).

A bad record costs only its first line: the lines behind it are read again as records of their own,
so that one quote too many does not swallow what follows.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Self

from groundswell.core.errors import BadFile
from groundswell.files.json_lines import BOM
from groundswell.files.line_rows import LineRows
from groundswell.files.lines import LONGEST, Lines
from groundswell.files.row import BadRow, Row

_SEPARATORS = ",;|\t"
_UNCLOSED = "opens a quote that is never closed"


class _Feed:
    """An iterator that may end and, asked again later, go on."""

    def __init__(self, next_text: Callable[[], str | None]) -> None:
        self._next_text = next_text

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        text = self._next_text()
        if text is None:
            raise StopIteration
        return text


class DelimitedRows(LineRows):
    """Rows under a header; every value is text, blank lines are passed over."""

    def __init__(self, lines: Lines, form: Literal["csv", "tsv"]) -> None:
        super().__init__(lines)
        self._form = form
        self._final = True
        self._separator = ","
        self._columns: tuple[str, ...] | None = None
        self._reader: Iterator[list[str]] = iter(())
        #: the lines of the record at hand, and what is wrong with it
        self._record: list[bytes] = []
        self._trouble = ""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names in the header; None while it is not there yet."""
        if self._columns is None:
            self._read_header()
        return self._columns

    def resume(self, cursor: str) -> bool:
        """Continue behind `cursor`; False if it is not of this file."""
        return self.columns is not None and super().resume(cursor)

    def rows(self, *, final: bool = True) -> Iterator[Row | BadRow]:
        """Yield the rows that are there; an unfinished last line counts only if `final`."""
        self._final = final
        if self.columns is None:
            return
        while (values := self._parse()) is not None:
            if self._trouble == _UNCLOSED and not final:
                self._lines.back(self._record)
                return
            if values or self._trouble:
                yield self._checked(values)

    def _read_header(self) -> None:
        """Read the first line, if it is there, as the names of the columns."""
        first = self._next_line()
        if first is None:
            return
        text = first.removeprefix(BOM).decode("utf-8", "replace")
        if "\0" in text or "\ufffd" in text:
            raise BadFile("The file is not UTF-8; save it as UTF-8 and try again.")
        self._separator = max(_SEPARATORS, key=text.count)
        self._columns = _distinct(next(self._new_reader([text]), []))
        self._reader = self._new_reader(_Feed(self._next_text))

    def _new_reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        if self._form == "tsv":
            return csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self._separator)

    def _parse(self) -> list[str] | None:
        """Return the values of the next record; None when no whole one is there."""
        self._record.clear()
        self._trouble = ""
        try:
            return next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            self._trouble = f"is not {self._form.upper()} ({error})"
            return []

    def _next_text(self) -> str | None:
        """Give the reader a line and remember it; asked for more inside a record, the end is trouble."""
        line = self._next_line()
        if line is None:
            self._trouble = _UNCLOSED if self._record else ""
            return None
        self._record.append(line)
        if self._lines.overlong:
            self._trouble = f"is longer than {LONGEST >> 20} MiB"
        try:
            return line.decode()
        except UnicodeDecodeError:
            self._trouble = "is not UTF-8"
            return line.decode("utf-8", "replace")

    def _next_line(self) -> bytes | None:
        line = self._lines.next()
        return self._lines.take_unfinished() if line is None and self._final else line

    def _checked(self, values: Sequence[str]) -> Row | BadRow:
        columns = self._columns or ()
        self._number += 1
        line = self._lines.line - len(self._record) + 1
        if len(values) != len(columns) and not self._trouble:
            self._trouble = f"has {len(values)} values where the header has {len(columns)}"
        if not self._trouble:
            return Row(self._number, line, dict(zip(columns, values, strict=True)))
        if not self._lines.overlong:
            self._lines.back(self._record[1:])
        return BadRow(f"line {line}", self._trouble)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Give a name that comes again a number, as pandas does: `x`, `x.1`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        times = seen[name] = seen.get(name, -1) + 1
        found.append(f"{name}.{times}" if times else name)
    return tuple(found)
