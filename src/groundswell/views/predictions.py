"""What the API was asked to predict since the beginning, summed from the counts per minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import dict_row

from groundswell.core.mood import SENTIMENTS, Sentiment
from groundswell.store.statements import load

SQL = load("groundswell.views", "predictions")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """How many predictions were answered, and how."""

    total: int
    by_sentiment: Mapping[Sentiment, int]
    #: by `key@version`, the most used first
    by_model: Mapping[str, int]
    #: what they took together, in milliseconds
    total_ms: float
    #: the minute of the newest; None: there is none
    newest: datetime | None


def answered(connection: Connection) -> Answered:
    """Return what was answered since the beginning."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(SQL["answered"]).fetchone()
    assert row is not None  # noqa: S101 - sums without a group have one row
    models = connection.execute(SQL["by_model"]).fetchall()
    return Answered(
        total=row["total"],
        by_sentiment={sentiment: row[sentiment] for sentiment in SENTIMENTS},
        by_model=dict(models),
        total_ms=row["total_ms"],
        newest=row["newest"],
    )
