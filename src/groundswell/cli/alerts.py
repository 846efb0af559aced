"""`groundswell alerts`: rules, alerts, why they came, and when a rule would have called."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from groundswell.alerts.again import again
from groundswell.alerts.backtest import backtest
from groundswell.api.answers.alerts import FiringAnswer, RuleAnswer, RuleIn
from groundswell.api.routes.alerts import answer
from groundswell.cli.alert_targets import app as targets_app
from groundswell.cli.connection import transaction
from groundswell.cli.options import DataDir, Json
from groundswell.cli.output import say, show_json, show_list, show_table
from groundswell.core.alert import STATUSES, Incident, Status
from groundswell.core.clock import SystemClock
from groundswell.core.errors import InvalidInput, NotFound
from groundswell.store import alert_rules
from groundswell.store import alerts as store
from groundswell.store.alert_rules import RuleRow

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Be told when the mood turns, and why.",
)
rules_app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="List, add, change and remove rules."
)
app.add_typer(rules_app, name="rules")
app.add_typer(targets_app, name="targets")

Which = Annotated[str, typer.Argument(metavar="RULE", help="Name or number of the rule.")]
AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert, or the first digits of it.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="As the API names them, e.g. threshold=0.5, topic=3."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to list.")]


@rules_app.callback(invoke_without_command=True)
def rules(context: typer.Context, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the rules; with a sub-command, add, change or remove one."""
    if context.invoked_subcommand:
        return
    with transaction("alerts", data_dir) as connection:
        rows, total = alert_rules.rows(connection, limit=500, offset=0)
    if as_json:
        show_list([_rule(row) for row in rows], total=total, limit=500, offset=0)
    else:
        show_table([_shown_rule(row) for row in rows], nothing="No rules; `watch` makes the default one.")


@rules_app.command("add")
def add_rule(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    kind: Annotated[str, typer.Option("--type", help="negative_share, emotion_share, change, volume, …")],
    values: Values = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a rule."""
    wanted = _valid({"name": name, "type": kind, **_pairs(values)})
    with transaction("alerts", data_dir) as connection:
        _tell("made", alert_rules.create(connection, wanted.rule()), as_json)


@rules_app.command("edit")
def edit_rule(which: Which, values: Values = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Change a rule; what is not given stays."""
    with transaction("alerts", data_dir) as connection:
        row = _find(connection, which)
        present = asdict(row.rule)
        _tell(
            "changed",
            alert_rules.update(connection, row.id, _valid(present | _pairs(values)).rule()),
            as_json,
        )


@rules_app.command("remove")
def remove_rule(which: Which, data_dir: DataDir = None) -> None:
    """Remove a rule; its alerts stay."""
    with transaction("alerts", data_dir) as connection:
        row = _find(connection, which)
        alert_rules.delete(connection, row.id, SystemClock().now())
    say(f"The rule '{row.rule.name}' is removed.")


@app.command("list")
def list_alerts(
    status: Annotated[str | None, typer.Option("--status", help="open, acknowledged or resolved.")] = None,
    limit: Limit = 20,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List alerts, newest first."""
    known = _status(status)
    with transaction("alerts", data_dir) as connection:
        found, total = store.page(connection, status=known, limit=limit)
        if as_json:
            shaped = [
                answer(connection, incident).model_dump(mode="json", by_alias=True) for incident in found
            ]
            show_list(shaped, total=total, limit=limit, offset=0)
            return
    show_table([_shown_alert(incident) for incident in found], nothing="No alerts.")


@app.command()
def ack(
    alert: AlertId,
    resolve: Annotated[bool, typer.Option("--resolve", help="End it instead of taking it.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Take an alert: it goes on, and its rule raises no other."""
    wanted: Status = "resolved" if resolve else "acknowledged"
    with transaction("alerts", data_dir) as connection:
        incident = _find_alert(connection, alert)
        store.move(connection, incident.id, wanted, SystemClock().now(), "by a person")
    say(f"The alert {str(incident.id)[:8]} is {wanted}.")


@app.command()
def why(alert: AlertId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Say why an alert came, computed again from the stored posts; exit 1 where a figure differs."""
    with transaction("alerts", data_dir) as connection:
        incident = _find_alert(connection, alert)
        figures, different = again(connection, incident)
    if as_json:
        show_json(
            {"id": str(incident.id), "message": incident.message, "figures": figures, "different": different}
        )
    else:
        _show_why(incident, figures, different)
    if different:
        raise typer.Exit(1)


@app.command("backtest")
def backtest_rule(
    which: Which,
    start: Annotated[str, typer.Option("--from", help="Begin, ISO 8601; without a zone it is UTC.")],
    end: Annotated[str, typer.Option("--to", help="End, ISO 8601; without a zone it is UTC.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say when a rule would have called on stored history, and with what interval."""
    span = _moment(start), _moment(end)
    with transaction("alerts", data_dir) as connection:
        found = backtest(connection, _find(connection, which).rule, *span)
    rows = [FiringAnswer.of(firing).model_dump(mode="json") for firing in found]
    if as_json:
        show_json({"data": rows})
    else:
        show_table(rows, nothing="It would not have called.")


def _find(connection: Any, which: str) -> RuleRow:
    """Return the rule of that name, else of that number; raises `NotFound`."""
    rows, _ = alert_rules.rows(connection, limit=500, offset=0)
    found = [row for row in rows if row.rule.name == which] or [row for row in rows if str(row.id) == which]
    if not found:
        raise NotFound(f"There is no rule '{which}'; see `groundswell alerts rules`.")
    return found[0]


def _find_alert(connection: Any, which: str) -> Incident:
    try:
        return store.get(connection, UUID(which))
    except ValueError:
        newest, _ = store.page(connection, limit=500)
    found = [incident for incident in newest if which and str(incident.id).startswith(which.lower())]
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'No'} alerts begin with '{which}'; see `groundswell alerts list`.")
    return found[0]


def _pairs(values: Sequence[str] | None) -> dict[str, str | None]:
    """Split NAME=VALUE; an empty value is none."""
    pairs = [value.partition("=") for value in values or ()]
    if any(not middle for _, middle, _ in pairs):
        raise InvalidInput("--set takes NAME=VALUE, e.g. --set threshold=0.5.")
    return {name.strip(): value.strip() or None for name, _, value in pairs}


def _valid(values: dict[str, Any]) -> RuleIn:
    try:
        return RuleIn.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = f" ({'.'.join(map(str, first['loc']))})" if first["loc"] else ""
        raise InvalidInput(f"That is no rule: {first['msg'].removeprefix('Value error, ')}{where}.") from None


def _status(given: str | None) -> Status | None:
    found = next((status for status in STATUSES if status == given), None)
    if given and found is None:
        raise InvalidInput(f"--status is one of {', '.join(STATUSES)}.")
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"'{text}' is no time; write it as 2026-11-21T10:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rule(row: RuleRow) -> dict[str, Any]:
    return RuleAnswer.of(row).model_dump(mode="json")


def _shown_rule(row: RuleRow) -> dict[str, object]:
    rule = row.rule
    return {
        "id": row.id,
        "name": rule.name,
        "type": rule.type,
        "of": rule.label,
        "threshold": rule.threshold,
        "minutes": rule.window_minutes,
        "state": "on" if rule.enabled else "off",
    }


def _shown_alert(incident: Incident) -> dict[str, object]:
    return {
        "id": str(incident.id)[:8],
        "raised": f"{incident.triggered_at:%Y-%m-%d %H:%M}",
        "status": incident.status,
        "message": incident.message,
    }


def _tell(what: str, row: RuleRow, as_json: bool) -> None:
    if as_json:
        show_json(_rule(row))
    else:
        say(f"The rule '{row.rule.name}' (number {row.id}) is {what}.")


def _show_why(incident: Incident, figures: dict[str, Any], different: Sequence[str]) -> None:
    typer.echo(incident.message)
    show_table(
        [{**term, "z": f"{term['z']:.2f}"} for term in figures["terms"]], nothing="No term stands out."
    )
    effects = [
        {"by": dimension, "group": mix["name"], "mix": f"{mix['effect']:+.4f}", "rate": f"{rate:+.4f}"}
        for dimension, split in figures["splits"].items()
        for mix in split["mix"]
        for rate in [next(found["effect"] for found in split["rate"] if found["name"] == mix["name"])]
    ]
    show_table(effects, nothing="There is nothing to compare with.")
    say(
        f"{figures['distinct_authors']} authors; {figures['near_duplicate_share']:.0%} nearly copies; "
        + (f"not as stored: {', '.join(different)}." if different else "all figures are as stored.")
    )
