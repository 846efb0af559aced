"""The bytes of a file, unpacked, piece by piece; of a pipe too, without waiting for it."""

import os
import select
from io import FileIO
from pathlib import Path
from typing import Protocol

from groundswell.core.errors import BadFile
from groundswell.files.kind import Packing
from groundswell.files.packing import unpacker, unpacking_errors

PIECE = 1 << 16


class Pieces(Protocol):
    """Where bytes come from."""

    def read(self) -> bytes:
        """Return the next piece, `b""` when there is none now.

        Raises `BadFile` when it cannot be read or was cut off.
        """
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing can follow the last piece."""
        ...

    def seek(self, offset: int) -> bool:
        """Continue at `offset` of the unpacked bytes; False when that is not possible in one step."""
        ...

    def progress(self) -> float | None:
        """Return how much has been read, from 0 to 1, where the size is known."""
        ...

    def replaced(self) -> bool:
        """Tell whether another file stands in its place by now, or it became shorter."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class FilePieces:
    """A file on disk. A plain one may grow: after `b""` more may come."""

    def __init__(self, path: Path, packing: Packing = "") -> None:
        self._path, self._packing = path, packing
        self._file = _open(path)
        self._unpacker = unpacker(packing)
        self._broken = unpacking_errors() if packing else ()

    def read(self) -> bytes:
        """Return the next unpacked piece; `b""` at the end."""
        try:
            while data := self._file.read(PIECE):
                if plain := self._unpacker.feed(data) if self._unpacker else data:
                    return plain
        except OSError as error:
            raise BadFile(f"{self._path} cannot be read: {error.strerror}.") from error
        except self._broken as error:
            raise BadFile(f"{self._path} is damaged: it cannot be unpacked further ({error}).") from error
        if self._unpacker and not self._unpacker.whole:
            raise BadFile(f"{self._path} is cut off: its packed data stops in the middle.")
        return b""

    @property
    def ended(self) -> bool:
        """A packed file is taken as finished; a plain one may always grow."""
        return self._unpacker is not None

    def seek(self, offset: int) -> bool:
        """Go to `offset` of a plain file; a packed one must be read up to there."""
        if self._unpacker is None:
            self._file.seek(offset)
        return self._unpacker is None

    def progress(self) -> float | None:
        """Return the share of the file, as packed, that has been read."""
        size = os.fstat(self._file.fileno()).st_size
        return min(1.0, self._file.tell() / size) if size else None

    def replaced(self) -> bool:
        """Tell whether the path leads to another file by now, or this one became shorter."""
        mine = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False  # moved away and not made again yet: keep waiting, as `tail -F` does
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino) or mine.st_size < self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class PipePieces:
    """A pipe or terminal, such as standard input; without `waits`, a quiet one reads as `b""`."""

    def __init__(self, descriptor: int, *, waits: bool) -> None:
        self._descriptor, self._waits = descriptor, waits
        self._ended = False

    def read(self) -> bytes:
        """Return what is there."""
        if self._ended or not (self._waits or select.select([self._descriptor], [], [], 0)[0]):
            return b""
        data = os.read(self._descriptor, PIECE)
        self._ended = not data
        return data

    @property
    def ended(self) -> bool:
        """Whether the other side has closed it."""
        return self._ended

    def seek(self, offset: int) -> bool:
        """Refuse: a pipe only goes forward."""
        del offset
        return False

    def progress(self) -> float | None:
        """Return None: nobody knows how much will come."""
        return None

    def replaced(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Leave it open: it was not opened here."""


def _open(path: Path) -> FileIO:
    try:
        return FileIO(path)
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}.") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from error
