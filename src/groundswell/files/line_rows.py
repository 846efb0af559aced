"""What the readers of JSONL, CSV and TSV share: they resume, follow and tell progress by lines."""

from groundswell.files.lines import Lines, Mark


class LineRows:
    """Rows that stand in lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._number = 0

    def resume(self, cursor: str) -> bool:
        """Continue behind `cursor`; False if it is not of this file."""
        number = self._lines.resume(cursor)
        self._number = number or 0
        return number is not None

    def mark(self) -> Mark:
        """Return the place behind the last row."""
        lines = self._lines
        return Mark(lines.offset, lines.line, self._number, lines.last)

    def cursor(self, mark: object) -> str | None:
        """Return `mark` as text."""
        return self._lines.cursor(mark) if isinstance(mark, Mark) else None

    @property
    def ended(self) -> bool:
        """Whether no line can follow those that were read."""
        return self._lines.pieces.ended

    def replaced(self) -> bool:
        """Tell whether another file stands in its place by now."""
        return self._lines.pieces.replaced()

    def progress(self) -> float | None:
        """Return the share that has been read."""
        return self._lines.pieces.progress()

    def close(self) -> None:
        """Close the file."""
        self._lines.pieces.close()
