"""Looks at drift that were taken: figures only, for rules, charts and reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from groundswell.store.statements import load

SQL = load("groundswell.store", "drift_looks")

DAY, WEEK = 24 * 60, 7 * 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What is looked at: which posts, in how long a window, against how long a baseline before it."""

    topic: int | None = None
    source: str | None = None
    lang: str | None = None
    window_minutes: int = DAY
    baseline_minutes: int = WEEK

    def columns(self) -> dict[str, object]:
        """Return it as it is kept."""
        return {
            "topic": self.topic or 0,
            "source": self.source or "",
            "lang": self.lang or "",
            "window": self.window_minutes,
            "baseline": self.baseline_minutes,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A look as it was kept."""

    model: str
    at: datetime
    figures: Mapping[str, Any]


def add(connection: psycopg.Connection, kind: Kind, kept: Kept) -> None:
    """Keep a look; the same one again changes nothing."""
    values = {"model": kept.model, "at": kept.at, "figures": Jsonb(dict(kept.figures))}
    connection.execute(SQL["add"], {**kind.columns(), **values})


def newest(
    connection: psycopg.Connection, kind: Kind, model: str, *, since: datetime, limit: int = 1
) -> list[Kept]:
    """Return the newest looks at a version, the newest first."""
    values = {**kind.columns(), "model": model, "since": since, "limit": limit}
    rows = connection.execute(SQL["newest"], values).fetchall()
    return [Kept(model=model, at=at, figures=figures) for at, figures in rows]


def latest(connection: psycopg.Connection, kind: Kind, *, since: datetime) -> Kept | None:
    """Return the newest look at whatever version was looked at."""
    row = connection.execute(SQL["latest"], {**kind.columns(), "since": since}).fetchone()
    return Kept(model=row[0], at=row[1], figures=row[2]) if row else None


def prune(connection: psycopg.Connection, before: datetime) -> None:
    """Forget looks taken before a moment."""
    connection.execute(SQL["prune"], {"before": before})
