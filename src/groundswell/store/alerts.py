"""Incidents: opened once, told once, ended once, whoever tries and however often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from groundswell.core.alert import AlertType, Incident, Status
from groundswell.core.errors import Conflict, NotFound
from groundswell.store import job_queue
from groundswell.store.statements import load

SQL = load("groundswell.store", "alerts")

DELIVER = "alerts.deliver"
"""The job that brings one message to one target."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of an incident's history."""

    at: datetime
    status: Status
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to evaluate until the transaction ends."""

    #: when that was done last; None: never
    evaluated_at: datetime | None


def lease(connection: psycopg.Connection, *, before: datetime) -> Lease | None:
    """Take the right to evaluate, if nobody evaluated since `before`; None: somebody did, or does.

    A process that dies gives it back: its lock goes with its connection.
    """
    row = connection.execute(SQL["lease"], {"before": before}).fetchone()
    return Lease(evaluated_at=row[0]) if row else None


def evaluated(connection: psycopg.Connection, at: datetime) -> None:
    """Note that every rule was evaluated at `at`."""
    connection.execute(SQL["evaluated"], {"at": at})


def open_incident(connection: psycopg.Connection, incident: Incident) -> bool:
    """Store a new incident; False, and nothing written, where its rule has one already."""
    values = {
        "id": incident.id,
        "rule_id": incident.rule_id,
        "alert_type": incident.alert_type,
        "message": incident.message,
        "severity": incident.severity,
        "status": incident.status,
        "threshold_value": incident.threshold_value,
        "actual_value": incident.actual_value,
        "low": incident.interval[0],
        "high": incident.interval[1],
        "window_start": incident.window_start,
        "window_end": incident.window_end,
        "post_count": incident.post_count,
        "triggered_at": incident.triggered_at,
        "created_at": incident.created_at,
        "details": Jsonb(dict(incident.details)),
    }
    opened = connection.execute(SQL["open"], values).fetchone() is not None
    if opened:
        _note(connection, incident.id, incident.created_at, "open", incident.message)
    return opened


def get(connection: psycopg.Connection, id: UUID) -> Incident:  # noqa: A002 - its name everywhere
    """Return one incident, or raise `NotFound`."""
    return _one(connection, "get", id)


def latest(connection: psycopg.Connection) -> dict[int, Incident]:
    """Return the newest incident of each rule."""
    found = _all(connection, "latest", {})
    return {incident.rule_id: incident for incident in found if incident.rule_id is not None}


def page(
    connection: psycopg.Connection,
    *,
    status: Status | None = None,
    types: Sequence[AlertType] | None = None,
    since: datetime | None = None,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[Incident], int]:
    """Return a page of incidents, newest first, and how many there are in all."""
    asked = {"status": status, "types": list(types) if types else None, "since": since}
    (total,) = connection.execute(SQL["count"], asked).fetchone() or (0,)
    return _all(connection, "page", {**asked, "limit": limit, "offset": offset}), total


def move(
    connection: psycopg.Connection,
    id: UUID,  # noqa: A002
    status: Status,
    at: datetime,
    reason: str,
) -> Incident:
    """Acknowledge or resolve an incident; doing it again changes nothing.

    Raises `NotFound`, or `Conflict` when it has ended and is to be acknowledged.
    """
    incident = _one(connection, "lock", id)
    if incident.status == status:
        return incident
    if incident.status == "resolved":
        raise Conflict("This alert has ended.")
    connection.execute(SQL["move"], {"id": id, "status": status, "at": at})
    _note(connection, id, at, status, reason)
    return _one(connection, "get", id)


def history(connection: psycopg.Connection, id: UUID) -> list[Change]:  # noqa: A002
    """Return what happened to an incident, in order."""
    found = connection.execute(SQL["history"], {"alert": id}).fetchall()
    return [Change(at=at, status=status, reason=reason) for at, status, reason in found]


def to_announce(connection: psycopg.Connection) -> list[Incident]:
    """Return incidents that the live feed has not been told of."""
    return _all(connection, "to_announce", {})


def announced(connection: psycopg.Connection, ids: Sequence[UUID], at: datetime) -> None:
    """Note that the live feed was told."""
    connection.execute(SQL["announced"], {"ids": list(ids), "at": at})


def to_notify(connection: psycopg.Connection) -> list[Incident]:
    """Return incidents whose messages are not queued, held until the transaction ends."""
    return _all(connection, "to_notify", {})


def notified(connection: psycopg.Connection, ids: Sequence[UUID], at: datetime) -> None:
    """Note that their messages are queued, or not worth sending any more."""
    connection.execute(SQL["notified"], {"ids": list(ids), "at": at})


def queue_message(connection: psycopg.Connection, *, message: str, target: int, alert: UUID | None) -> int:
    """Queue the delivery of one message (`alert` None: a test) to one target; return the job's number."""
    args = {"message": message, "target": target, "alert": str(alert) if alert else None}
    return job_queue.add(connection, DELIVER, lock=f"{message} to {target}", args=args)


def _note(connection: psycopg.Connection, alert: UUID, at: datetime, status: Status, reason: str) -> None:
    connection.execute(SQL["note"], {"alert": alert, "at": at, "status": status, "reason": reason})


def _one(connection: psycopg.Connection, statement: str, id: UUID) -> Incident:  # noqa: A002
    found = _all(connection, statement, {"id": id})
    if not found:
        raise NotFound(f"There is no alert {id}.")
    return found[0]


def _all(connection: psycopg.Connection, statement: str, values: Mapping[str, object]) -> list[Incident]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_incident(row) for row in cursor.execute(SQL[statement], values)]


def _incident(row: dict[str, Any]) -> Incident:
    for name in ("announced_at", "notified_at"):
        del row[name]
    return Incident(interval=(row.pop("interval_low"), row.pop("interval_high")), **row)
