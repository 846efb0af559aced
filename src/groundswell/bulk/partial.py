"""Output that survives a kill: appended to OUT.partial, with a state file that says how far it is true.

Bytes are on disk before the state that counts them; what lies behind that state is cut off when
the job continues, so that no row is missing and none stands twice.
"""

import fcntl
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from groundswell.core.errors import Conflict
from groundswell.files.writing import Encoder


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How far a job has come."""

    #: of the input, behind the last row written
    cursor: str | None
    #: the column that holds the text, once it was chosen
    text_column: str | None = None
    rows: int = 0
    #: rows that were kept without a reading, as they have no readable text
    unread: int = 0
    #: rows that could not be read and are not in the output
    skipped: int = 0


class Output(Protocol):
    """Where scored rows go."""

    def resume(self) -> State | None:
        """Return how far the same job came before, None to start anew."""
        ...

    def start(self, data: bytes) -> None:
        """Begin anew with what stands before the first row."""
        ...

    def append(self, data: bytes, state: State) -> None:
        """Add some rows; after this the job would continue from `state`."""
        ...

    def finish(self, encoder: Encoder) -> None:
        """Put the table into its place."""
        ...

    def close(self) -> None:
        """Let go of it; what was appended stays."""
        ...


class FileOutput:
    """A file that appears whole, at the end."""

    def __init__(self, target: Path, job: Mapping[str, object]) -> None:
        self._target, self._job = target, dict(job)
        self._raw = target.with_name(f"{target.name}.partial")
        self._state = target.with_name(f"{target.name}.partial.state")
        self._file = self._raw.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Conflict(
                f"Another process is writing {self._raw}; wait for it, or choose another -o."
            ) from None

    def resume(self) -> State | None:
        """Return where the same job (input, model, columns) was left, and cut off what came behind."""
        known = self._read_state()
        if known is None or self._file.seek(0, os.SEEK_END) < known["bytes"]:
            return None
        self._file.truncate(known["bytes"])
        return State(**known["state"])

    def _read_state(self) -> dict[str, Any] | None:
        try:
            known: dict[str, Any] = orjson.loads(self._state.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return known if known["job"] == self._job else None

    def start(self, data: bytes) -> None:
        """Empty the file and begin."""
        self._state.unlink(missing_ok=True)
        self._file.truncate(0)
        self.append(data, State(cursor=None))

    def append(self, data: bytes, state: State) -> None:
        """Write and sync `data`, then replace the state."""
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        known = {"job": self._job, "bytes": self._file.tell(), "state": state}
        new = self._state.with_name(f"{self._state.name}.new")
        new.write_bytes(orjson.dumps(known))
        new.replace(self._state)

    def finish(self, encoder: Encoder) -> None:
        """Move the table into its place and forget the state."""
        self._file.flush()
        encoder.finish(self._raw, self._target)
        self._state.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, which gives up the lock; a start that came to nothing leaves no file."""
        self._file.close()
        if not self._state.exists() and self._raw.exists() and not self._raw.stat().st_size:
            self._raw.unlink()


class StreamOutput:
    """Standard output: what is written is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def resume(self) -> State | None:
        """Return None: it cannot continue."""
        return None

    def start(self, data: bytes) -> None:
        """Write what stands before the first row."""
        self._stream.write(data)

    def append(self, data: bytes, state: State) -> None:
        """Write some rows."""
        del state
        self._stream.write(data)
        self._stream.flush()

    def finish(self, encoder: Encoder) -> None:
        """Do nothing more."""
        del encoder

    def close(self) -> None:
        """Leave it open: it was not opened here."""
