"""How many predictions the API answered, per minute; each process adds its own every second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from groundswell.core.mood import SENTIMENTS, Sentiment
from groundswell.store.statements import load

SQL = load("groundswell.store", "predictions")


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionCount:
    """Predictions of one kind within a minute; (model, sentiment, fallback) must be unique in a call."""

    model: str
    sentiment: Sentiment
    fallback: bool
    n: int
    #: what they took together, in milliseconds
    total_ms: float


def add(connection: psycopg.Connection, minute: datetime, rows: Sequence[PredictionCount]) -> None:
    """Add `rows` to the counts of the minute in which `minute` lies."""
    if not rows:
        return
    kinds = sorted(
        (row.model, SENTIMENTS.index(row.sentiment), row.fallback, row.n, row.total_ms) for row in rows
    )
    model, sentiment, fallback, n, total_ms = (list(column) for column in zip(*kinds, strict=True))
    values = {"model": model, "sentiment": sentiment, "fallback": fallback, "n": n, "total_ms": total_ms}
    connection.execute(SQL["add"], values | {"minute": minute})
