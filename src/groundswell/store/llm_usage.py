"""What was asked of LLM providers and what it cost, by all processes together."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from groundswell.store.statements import load

SQL = load("groundswell.store", "llm_usage")


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmUsage:
    """Questions, and what they took."""

    calls: int = 0
    #: questions without a usable answer
    failures: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    #: US dollars, by the prices that are set
    cost: float = 0.0

    def __add__(self, other: "LlmUsage") -> "LlmUsage":
        return LlmUsage(
            calls=self.calls + other.calls,
            failures=self.failures + other.failures,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cost=self.cost + other.cost,
        )


def add(connection: psycopg.Connection, model: str, usage: LlmUsage, at: datetime) -> None:
    """Add one question."""
    values = {
        "at": at,
        "model": model,
        "failures": usage.failures,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cost": usage.cost,
    }
    connection.execute(SQL["add"], values)


def since(connection: psycopg.Connection, moment: datetime) -> LlmUsage:
    """Return what was asked and spent since a moment."""
    with connection.cursor(row_factory=class_row(LlmUsage)) as cursor:
        return cursor.execute(SQL["since"], {"since": moment}).fetchone() or LlmUsage()
