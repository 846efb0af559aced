"""A view as rows, and as a data frame of pandas or polars where that is installed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOMENTS = ("bucket", "created_at", "ingested_at", "analyzed_at")


@dataclass(frozen=True)
class View:
    """Rows with what they are taken over."""

    data: Sequence[Mapping[str, Any]]
    #: total, window, model versions, whether it is complete
    metadata: Mapping[str, Any]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def rows(self) -> list[dict[str, Any]]:
        """Return flat rows: `interval` as two columns, nested counts as `emotions_joy`, times as datetimes."""
        return [_flat(row) for row in self.data]

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with a column per field."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame` with a column per field."""
        import polars as pl

        return pl.DataFrame(self.rows(), infer_schema_length=None)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}_{inner}": one for inner, one in value.items()}
        elif name == "interval":
            flat["interval_low"], flat["interval_high"] = value
        elif isinstance(value, list):
            flat[name] = "; ".join(map(str, value))
        else:
            flat[name] = datetime.fromisoformat(value) if name in MOMENTS and value else value
    return flat
