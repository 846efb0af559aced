"""Alerts, the rules that raise them, and where their messages go."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundswell.alerts.backtest import backtest
from groundswell.alerts.evidence import Moment, gather
from groundswell.alerts.rules import judge
from groundswell.alerts.targets import check_url, new_secret
from groundswell.api.answers.alert_targets import NewTargetAnswer, TargetAnswer, TargetIn
from groundswell.api.answers.alerts import (
    AlertAnswer,
    BacktestAnswer,
    FiringAnswer,
    RuleAnswer,
    RuleIn,
    TestAnswer,
)
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors
from groundswell.api.parameters import Moment as Time
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.api.status import ledger
from groundswell.api.watermark import watermark
from groundswell.core.alert import AlertType, Incident, Status
from groundswell.core.errors import StreamUnavailable
from groundswell.store import alert_rules, alert_targets, alerts
from groundswell.views.contrast import shown

router = APIRouter(tags=["alerts"])

READ, WRITE, ADMIN = [permission("read")], [permission("write")], [permission("admin")]
ANNOTATE = [permission("annotate")]
RULES, ALERTS, TARGETS = "/api/v1/alert-rules", "/api/v1/alerts", "/api/v1/alert-targets"

Number = Annotated[int, InPath(ge=1, le=2**31 - 1, description="Its number.")]
AlertId = Annotated[UUID, InPath(description="Id of the alert.")]
From = Annotated[Time, Query(alias="from", description="Begin, ISO 8601; without a zone it is UTC.")]
To = Annotated[Time, Query(description="End, ISO 8601; without a zone it is UTC.")]


# -- rules ---------------------------------------------------------------------------------------------------


@router.get(RULES, dependencies=READ, responses=errors(400, 503))
def list_rules(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[RuleAnswer]:
    """List the rules, in the order of creation."""
    with parts.database.reading() as connection:
        rows, total = alert_rules.rows(connection, limit=limit, offset=offset)
    return Listing(
        data=[RuleAnswer.of(row) for row in rows],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.post(RULES, status_code=201, dependencies=WRITE, responses=errors(400, 409, 503))
def create_rule(parts: ThisParts, rule: RuleIn, response: Response) -> RuleAnswer:
    """Make a rule; it is evaluated from now on, every ten seconds at least."""
    with parts.database.transaction() as connection:
        row = alert_rules.create(connection, rule.rule())
    response.headers["Location"] = f"{RULES}/{row.id}"
    return RuleAnswer.of(row)


@router.get(f"{RULES}/{{id}}", dependencies=READ, responses=errors(400, 404, 503))
def get_rule(parts: ThisParts, id: Number) -> RuleAnswer:  # noqa: A002 - the parameter's name in the path
    """Return a rule."""
    with parts.database.reading() as connection:
        return RuleAnswer.of(alert_rules.get(connection, id))


@router.put(f"{RULES}/{{id}}", dependencies=WRITE, responses=errors(400, 404, 409, 503))
def replace_rule(parts: ThisParts, id: Number, rule: RuleIn) -> RuleAnswer:  # noqa: A002
    """Replace a rule; what is not given is as in a new one."""
    with parts.database.transaction() as connection:
        return RuleAnswer.of(alert_rules.update(connection, id, rule.rule()))


class RuleChange(BaseModel):
    """What to change of a rule, by the names a rule has; what is not given stays."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"threshold": 0.5}]})


@router.patch(f"{RULES}/{{id}}", dependencies=WRITE, responses=errors(400, 404, 409, 503))
def change_rule(parts: ThisParts, id: Number, change: RuleChange) -> RuleAnswer:  # noqa: A002
    """Change some of a rule: mute it, disable it, move its threshold."""
    with parts.database.transaction() as connection:
        present = asdict(alert_rules.get(connection, id).rule)
        wanted = _valid(present | change.model_dump())
        return RuleAnswer.of(alert_rules.update(connection, id, wanted.rule()))


def _valid(rule: dict[str, Any]) -> RuleIn:
    """Return the changed rule; complaints about it are complaints about the body."""
    try:
        return RuleIn.model_validate(rule)
    except ValidationError as error:
        complaints = [{**found, "loc": ("body", *found["loc"])} for found in error.errors()]
        raise RequestValidationError(complaints) from None


@router.delete(f"{RULES}/{{id}}", status_code=204, dependencies=WRITE, responses=errors(400, 404, 503))
def delete_rule(parts: ThisParts, id: Number) -> None:  # noqa: A002
    """Remove a rule; its alerts stay, an open one has ended."""
    with parts.database.transaction() as connection:
        alert_rules.delete(connection, id, parts.clock.now())


@router.post(f"{RULES}/{{id}}/test", dependencies=ADMIN, responses=errors(400, 404, 503))
def test_rule(parts: ThisParts, id: Number) -> TestAnswer:  # noqa: A002
    """Say what the rule says now, and send a test message to every enabled target; no alert is raised."""
    moment = _moment(parts)
    with parts.database.transaction() as connection:
        rule = alert_rules.get(connection, id).rule
        verdict = judge(rule, gather(connection, rule, moment))
        targets = alert_targets.enabled(connection)
        for target in targets:
            alerts.queue_message(connection, message=f"test-{uuid4()}", target=target, alert=None)
    return TestAnswer(
        state=verdict.state,
        value=verdict.value,
        interval=verdict.interval,
        post_count=verdict.post_count,
        reason=verdict.reason,
        messages=len(targets),
    )


@router.get(f"{RULES}/{{id}}/backtest", dependencies=READ, responses=errors(400, 404, 503))
def backtest_rule(parts: ThisParts, id: Number, from_: From, to: To) -> BacktestAnswer:  # noqa: A002
    """Say when the rule would have called on stored history, and with what interval; at most 31 days."""
    with parts.database.reading() as connection:
        found = backtest(connection, alert_rules.get(connection, id).rule, from_, to)
    return BacktestAnswer(data=[FiringAnswer.of(firing) for firing in found])


@router.post(f"{RULES}/backtest", dependencies=READ, responses=errors(400, 503))
def backtest_draft(parts: ThisParts, rule: RuleIn, from_: From, to: To) -> BacktestAnswer:
    """Say when a rule that nobody has made yet would have called on stored history; at most 31 days."""
    with parts.database.reading() as connection:
        found = backtest(connection, rule.rule(), from_, to)
    return BacktestAnswer(data=[FiringAnswer.of(firing) for firing in found])


def _moment(parts: Parts) -> Moment:
    mark, books = watermark(parts), ledger(parts)
    if mark is None or books is None:
        raise StreamUnavailable("How far analysis has come is unknown; try again later.")
    return Moment(watermark=mark, backlog_seconds=books.oldest_seconds(parts.clock.now()))


# -- alerts --------------------------------------------------------------------------------------------------


class AlertQuery(BaseModel):
    """Which alerts to list."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    limit: int = Field(default=20, ge=1, le=500, description="Most items in the answer.")
    offset: int = Field(default=0, ge=0, le=2**31 - 1, description="Items to skip.")
    since: Time | None = Field(default=None, description="Only those raised since then.")
    status: Status | None = Field(default=None, description="Only open, acknowledged or resolved ones.")
    type: AlertType | None = Field(default=None, description="Only those of one type.")


@router.get(ALERTS, dependencies=READ, responses=errors(400, 503))
def list_alerts(parts: ThisParts, query: Annotated[AlertQuery, Query()]) -> Listing[AlertAnswer]:
    """List alerts, newest first."""
    return found_alerts(parts, query, [query.type] if query.type else None)


def found_alerts(parts: Parts, query: AlertQuery, types: list[AlertType] | None) -> Listing[AlertAnswer]:
    """Return a page of alerts with the posts that show each."""
    with parts.database.reading() as connection:
        page, total = alerts.page(
            connection,
            status=query.status,
            types=types,
            since=query.since,
            limit=query.limit,
            offset=query.offset,
        )
        data = [answer(connection, incident) for incident in page]
    return Listing(data=data, metadata=ListMetadata(total=total, limit=query.limit, offset=query.offset))


def answer(connection: Any, incident: Incident, *, history: bool = False) -> AlertAnswer:
    """Shape an alert with the posts that are still there."""
    ids: Any = incident.details.get("posts", ())
    changes = alerts.history(connection, incident.id) if history else None
    return AlertAnswer.of(incident, shown(connection, [UUID(id_) for id_ in ids]), changes)


@router.get(f"{ALERTS}/{{id}}", dependencies=READ, responses=errors(400, 404, 503))
def get_alert(parts: ThisParts, id: AlertId) -> AlertAnswer:  # noqa: A002
    """Return an alert with its explanation and its history."""
    with parts.database.reading() as connection:
        return answer(connection, alerts.get(connection, id), history=True)


@router.post(f"{ALERTS}/{{id}}/acknowledge", dependencies=ANNOTATE, responses=errors(400, 404, 409, 503))
def acknowledge_alert(parts: ThisParts, id: AlertId) -> AlertAnswer:  # noqa: A002
    """Take an alert: it goes on, and no new one is raised by its rule."""
    return _moved(parts, id, "acknowledged")


@router.post(f"{ALERTS}/{{id}}/resolve", dependencies=ANNOTATE, responses=errors(400, 404, 409, 503))
def resolve_alert(parts: ThisParts, id: AlertId) -> AlertAnswer:  # noqa: A002
    """End an alert; its rule may raise a new one after its pause."""
    return _moved(parts, id, "resolved")


def _moved(parts: Parts, id: UUID, status: Status) -> AlertAnswer:  # noqa: A002
    with parts.database.transaction() as connection:
        incident = alerts.move(connection, id, status, parts.clock.now(), "by a person")
        return answer(connection, incident, history=True)


# -- targets -------------------------------------------------------------------------------------------------


@router.get(TARGETS, dependencies=ADMIN, responses=errors(400, 503))
def list_targets(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[TargetAnswer]:
    """List where messages go; addresses may hold secrets and are not shown."""
    with parts.database.reading() as connection:
        rows, total = alert_targets.rows(connection, limit=limit, offset=offset)
    return Listing(
        data=[TargetAnswer.of(target) for target in rows],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.post(TARGETS, status_code=201, dependencies=ADMIN, responses=errors(400, 409, 503))
def create_target(parts: ThisParts, target: TargetIn) -> NewTargetAnswer:
    """Have messages sent there. The address is checked each time something is sent."""
    check_url(target.kind, target.url)
    secret = new_secret() if target.kind == "webhook" else ""
    with parts.database.transaction() as connection:
        made = alert_targets.create(connection, **target.model_dump(), secret=secret)
    return NewTargetAnswer(**TargetAnswer.of(made).model_dump(), secret=secret)


@router.delete(f"{TARGETS}/{{id}}", status_code=204, dependencies=ADMIN, responses=errors(400, 404, 503))
def delete_target(parts: ThisParts, id: Number) -> None:  # noqa: A002
    """Send nothing there any more."""
    with parts.database.transaction() as connection:
        alert_targets.delete(connection, id)


@router.post(f"{TARGETS}/{{id}}/test", status_code=202, dependencies=ADMIN, responses=errors(400, 404, 503))
def test_target(parts: ThisParts, id: Number) -> TargetAnswer:  # noqa: A002
    """Send a test message there; `last_at` and `last_error` say how it went."""
    with parts.database.transaction() as connection:
        target = alert_targets.get(connection, id)
        alerts.queue_message(connection, message=f"test-{uuid4()}", target=id, alert=None)
    return TargetAnswer.of(target)
