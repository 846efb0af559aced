"""What every reader of a table hands out, and what it can be asked."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """One row and its values by column."""

    #: counts rows from 1, bad ones too
    number: int
    #: counts lines from 1; 0 in a format without lines
    line: int
    values: Mapping[str, object]

    @property
    def where(self) -> str:
        """Where it stands, for people."""
        return f"line {self.line}" if self.line else f"row {self.number}"


class BadRow(NamedTuple):
    """A row that cannot be read, and why: `where` and `reason` make a sentence."""

    where: str
    reason: str


class Rows(Protocol):
    """A table being read."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns; None where each row has its own (JSONL), or where the header is not there yet."""
        ...

    def resume(self, cursor: str) -> bool:
        """Continue behind `cursor`, before any row was read.

        False: it is not of this file as it is now; open the file again and read from the start.
        """
        ...

    def rows(self, *, final: bool = True) -> Iterator[Row | BadRow]:
        """Yield what is there behind the last row handed out; call it again for what came later.

        A last line without a line break is a row if `final`, else only if it is certainly whole.
        Raises `BadFile` when the file cannot be read further.
        """
        ...

    def mark(self) -> object:
        """Return the place behind the last row handed out."""
        ...

    def cursor(self, mark: object) -> str | None:
        """Return a mark as text for `resume`."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing can follow what was read: a pipe was closed, a packed file is finished."""
        ...

    def replaced(self) -> bool:
        """Tell whether another file stands in its place by now, or it became shorter."""
        ...

    def progress(self) -> float | None:
        """Return how much has been read, from 0 to 1, where the size is known."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
