"""Alert rules as people write them, and the default one that follows the settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from groundswell.core.alert import Rule
from groundswell.core.errors import Conflict, InvalidInput, NotFound
from groundswell.store.statements import load

SQL = load("groundswell.store", "alert_rules")

MOST_RULES = 500
"""All of them are evaluated every ten seconds."""
DEFAULT_NAME = "Negative share over everything"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleRow:
    """A rule as it is kept."""

    id: int
    rule: Rule
    #: whether it follows ALERT_THRESHOLD and ALERT_WINDOW_MINUTES; until somebody changes it
    from_settings: bool
    created_at: datetime
    updated_at: datetime


def rows(connection: psycopg.Connection, *, limit: int, offset: int) -> tuple[list[RuleRow], int]:
    """Return a page of rules, in the order of creation, and how many there are in all."""
    found = connection.execute(SQL["page"], {"limit": limit, "offset": offset}).fetchall()
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    return [_row(*row) for row in found], total


def get(connection: psycopg.Connection, id: int) -> RuleRow:  # noqa: A002 - its name everywhere
    """Return one rule, or raise `NotFound`."""
    row = connection.execute(SQL["get"], {"id": id}).fetchone()
    if row is None:
        raise NotFound(f"There is no alert rule {id}.")
    return _row(*row)


def create(connection: psycopg.Connection, rule: Rule) -> RuleRow:
    """Create a rule; raises `Conflict` for a name that is used or one rule too many, and `InvalidInput`."""
    (total,) = connection.execute(SQL["count"]).fetchone() or (0,)
    if total >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES} alert rules already; remove one first.")
    return _written(connection, "create", rule)


def update(connection: psycopg.Connection, id: int, rule: Rule) -> RuleRow:  # noqa: A002
    """Replace a rule; raises `NotFound`, `Conflict` for a name that another has, or `InvalidInput`."""
    get(connection, id)
    return _written(connection, "update", rule, id=id)


def delete(connection: psycopg.Connection, id: int, at: datetime) -> None:  # noqa: A002
    """Remove a rule; its incidents stay, an open one has ended. Raises `NotFound`."""
    if connection.execute(SQL["delete"], {"id": id}).rowcount == 0:
        raise NotFound(f"There is no alert rule {id}.")
    connection.execute(SQL["forget"], {"id": id, "at": at})


def keep_default(connection: psycopg.Connection, *, threshold: float, window_minutes: int) -> None:
    """Make the default rule of a fresh installation, and let it follow the settings.

    Once somebody has changed or removed it, this does nothing.
    """
    packed = _packed(Rule(name="", type="negative_share", threshold=threshold, window_minutes=window_minutes))
    if connection.execute(SQL["make_default"]).rowcount:
        connection.execute(SQL["create_default"], {"name": DEFAULT_NAME, "rule": packed})
    connection.execute(SQL["follow_settings"], {"rule": packed})


def _written(connection: psycopg.Connection, statement: str, rule: Rule, **more: object) -> RuleRow:
    if rule.topic is not None and not connection.execute(SQL["has_topic"], {"topic": rule.topic}).fetchone():
        raise InvalidInput(
            f"There is no topic {rule.topic}; see `groundswell topics`.",
            details={"parameter": "topic", "provided": rule.topic},
        )
    try:
        with connection.transaction():
            row = connection.execute(
                SQL[statement], {"name": rule.name, "rule": _packed(rule), **more}
            ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"There is an alert rule called {rule.name!r} already.") from None
    assert row is not None  # noqa: S101 - both return the row they wrote
    return _row(*row)


def unpacked(packed: Mapping[str, Any]) -> Rule:
    """Return a rule from its JSON; what an earlier version did not know is as in a new rule."""
    known = {field.name for field in fields(Rule)}
    values = {key: value for key, value in packed.items() if key in known}
    if values.get("muted_until"):
        values["muted_until"] = datetime.fromisoformat(values["muted_until"])
    for key in ("quiet_from", "quiet_to"):
        values[key] = time.fromisoformat(values[key]) if values.get(key) else None
    return Rule(**values)


def _packed(rule: Rule) -> Jsonb:
    values = {name: value for name, value in asdict(rule).items() if name != "name"}
    return Jsonb({k: v.isoformat() if isinstance(v, datetime | time) else v for k, v in values.items()})


def _row(
    id: int,  # noqa: A002
    name: str,
    packed: Mapping[str, Any],
    from_settings: bool,
    created_at: datetime,
    updated_at: datetime,
) -> RuleRow:
    rule = unpacked({**packed, "name": name})
    return RuleRow(
        id=id, rule=rule, from_settings=from_settings, created_at=created_at, updated_at=updated_at
    )
