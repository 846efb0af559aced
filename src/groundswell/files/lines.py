"""Lines of a file with where each ends, so that reading can resume behind any of them.

Never holds more than a piece and a line; a line longer than `LONGEST` is flagged and cut to its end.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from groundswell.files.pieces import Pieces

LONGEST = 4 << 20
"""Bytes of the longest line that is read whole; a whole file as one JSON array would be one line."""

HEAD = 1024
"""Bytes from the start of the file by which a cursor knows it again."""

_CURSOR = "lines1"
_FORM = re.compile(_CURSOR + r":(\d{1,18}):(\d{1,18}):(\d{1,18}):(\d{1,4}):(\d{1,4}):([0-9a-f]+)", re.ASCII)


class Mark(NamedTuple):
    """A place behind a line."""

    offset: int
    line: int
    #: rows read before this place
    number: int
    #: the bytes that end here, to know the place again
    last: bytes


class Lines:
    """The lines of `pieces`, one at a time."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        #: where the last line ended, in unpacked bytes, and how many lines that were
        self.offset = self.line = 0
        self.last = b""
        #: whether the last line was longer than `LONGEST`; only its end was returned
        self.overlong = False
        self._head = b""
        self._base = self._at = self._dropped = 0
        self._buffer = b""
        self._again: list[bytes] = []

    def next(self) -> bytes | None:
        """Return the next line with its line break; None when no whole line is there now."""
        if self._again:
            return self._took(self._again.pop())
        searched = self._at
        while (end := self._buffer.find(b"\n", searched)) < 0:
            self._drop_overlong()
            held = len(self._buffer) - self._at
            if not self._fill():
                return None
            searched = held
        return self._took(self._cut(end + 1))

    def unfinished(self) -> bytes:
        """Return what was read behind the last line break; asked after `next` returned None."""
        return self._buffer[self._at :]

    def take_unfinished(self) -> bytes | None:
        """Return it as a line without a line break; None when there is nothing."""
        return self._took(self._cut(len(self._buffer))) if self.unfinished() else None

    def back(self, lines: Sequence[bytes]) -> None:
        """Put the last `lines` back, to be read again."""
        self._again += reversed(lines)
        self.offset -= sum(map(len, lines))
        self.line -= len(lines)

    def cursor(self, mark: Mark) -> str:
        """Return `mark` as text, with what it takes to know this file and this place again."""
        head = self._head[: min(HEAD, mark.offset)]
        tail = mark.last[-HEAD:]
        numbers = (mark.offset, mark.line, mark.number, len(head), len(tail))
        return ":".join((_CURSOR, *map(str, numbers), _digest(head + tail)))

    def resume(self, cursor: str) -> int | None:
        """Go behind the place that `cursor` marks and return the number of rows before it.

        Returns None when the cursor is not of this file as it is now, which must then be read
        anew from a fresh start.
        """
        parts = _FORM.fullmatch(cursor)
        if parts is None:
            return None
        offset, line, number, head_length, tail_length = map(int, parts.groups()[:5])
        while len(self._head) < head_length and self._fill():
            pass
        known = offset >= tail_length and self._jump(offset - tail_length)
        tail = self._peek(tail_length) if known else b""
        if not known or parts[6] != _digest(self._head[:head_length] + tail):
            return None
        self._cut(self._at + tail_length)
        self.offset, self.line, self.last = offset, line, tail
        return number

    def _took(self, line: bytes) -> bytes:
        self.overlong = self._dropped > 0
        self.offset += self._dropped + len(line)
        self.line += 1
        self.last = line
        self._dropped = 0
        return line

    def _cut(self, end: int) -> bytes:
        taken = self._buffer[self._at : end]
        self._at = end
        return taken

    def _drop_overlong(self) -> None:
        excess = len(self._buffer) - self._at - HEAD
        if excess > LONGEST - HEAD:
            self._dropped += excess
            self._at += excess

    def _fill(self) -> bool:
        """Read one piece more; False when there is none now."""
        piece = self.pieces.read()
        end = self._base + len(self._buffer)
        if end == len(self._head) < HEAD:
            self._head += piece[: HEAD - end]
        self._base += self._at
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _jump(self, target: int) -> bool:
        """Make `target`, an offset ahead or in a file that seeks, the next byte; False if the file ends before."""
        if self.pieces.seek(target):
            self._buffer, self._base, self._at = b"", target, 0
            return True
        while self._base + len(self._buffer) < target:
            self._at = len(self._buffer)
            if not self._fill():
                return False
        self._at = target - self._base
        return self._at >= 0

    def _peek(self, count: int) -> bytes:
        while len(self._buffer) - self._at < count and self._fill():
            pass
        return self._buffer[self._at : self._at + count]


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
