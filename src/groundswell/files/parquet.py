"""Rows of Parquet, a few at a time; resuming passes over whole row groups."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from groundswell.core.errors import BadFile
from groundswell.files.row import BadRow, Row

BATCH = 512
_BUFFER = 1 << 20
_FOOTER = 4096
_CURSOR = "parquet1"


class ParquetRows:
    """Rows with the types of the file: text, numbers, truth values, datetimes, lists, mappings."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        try:
            self._file: Any = pq.ParquetFile(path, buffer_size=_BUFFER)
        except FileNotFoundError:
            raise BadFile(f"There is no file {path}.") from None
        except (OSError, pa.ArrowInvalid) as error:
            raise BadFile(f"{path} is not Parquet or is damaged ({error}).") from error
        self.schema: Any = self._file.schema_arrow
        self.columns: tuple[str, ...] | None = tuple(self.schema.names)
        self._total: int = self._file.metadata.num_rows
        self._number = 0

    def resume(self, cursor: str) -> bool:
        """Continue behind `cursor`; False if it is not of this file."""
        version, _, rest = cursor.partition(":")
        number, _, fingerprint = rest.partition(":")
        known = version == _CURSOR and number.isdecimal() and fingerprint == self._fingerprint
        self._number = int(number) if known else 0
        return known

    def rows(self, *, final: bool = True) -> Iterator[Row | BadRow]:
        """Yield the rows behind the last one handed out."""
        del final  # a Parquet file is written once
        first, groups = self._groups_left()
        for batch in self._batches(groups):
            skipped = min(max(0, self._number - first), batch.num_rows)
            first += batch.num_rows
            for values in batch.slice(skipped).to_pylist():
                self._number += 1
                yield Row(self._number, 0, values)

    def _groups_left(self) -> tuple[int, list[int]]:
        """Return how many rows come before the first row group that is needed, and the groups from there."""
        before, metadata = 0, self._file.metadata
        for group in range(metadata.num_row_groups):
            size = metadata.row_group(group).num_rows
            if before + size > self._number:
                return before, list(range(group, metadata.num_row_groups))
            before += size
        return before, []

    def _batches(self, groups: list[int]) -> Iterator[Any]:
        import pyarrow as pa

        try:
            yield from self._file.iter_batches(batch_size=BATCH, row_groups=groups)
        except (OSError, pa.ArrowException) as error:
            raise BadFile(f"{self._path} is damaged: it cannot be read further ({error}).") from error

    def mark(self) -> int:
        """Return the number of rows handed out."""
        return self._number

    def cursor(self, mark: object) -> str | None:
        """Return `mark` as text."""
        return f"{_CURSOR}:{mark}:{self._fingerprint}"

    @cached_property
    def _fingerprint(self) -> str:
        """Name the file by its size and footer, which lists every column chunk."""
        with self._path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _FOOTER))
            return hashlib.blake2b(b"%d:" % size + file.read(), digest_size=12).hexdigest()

    @property
    def ended(self) -> bool:
        """Always: a Parquet file is written once."""
        return True

    def replaced(self) -> bool:
        """Never: it is not followed."""
        return False

    def progress(self) -> float | None:
        """Return the share of rows handed out."""
        return self._number / self._total if self._total else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
