"""`groundswell alerts targets`: where messages of alerts go."""

from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError

from groundswell.alerts.targets import check_url, new_secret
from groundswell.api.answers.alert_targets import NewTargetAnswer, TargetAnswer, TargetIn
from groundswell.cli.connection import transaction
from groundswell.cli.options import DataDir, Json
from groundswell.cli.output import say, show_json, show_list, show_table
from groundswell.core.alert import Target
from groundswell.core.errors import InvalidInput, NotFound
from groundswell.store import alert_targets, alerts

MOST = 500

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="List, add, remove and test where messages go.",
)

Which = Annotated[str, typer.Argument(metavar="TARGET", help="Name or number of the target.")]


@app.command("list")
def list_targets(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List where messages go; addresses may hold secrets and are not shown."""
    with transaction("alerts", data_dir) as connection:
        rows, total = alert_targets.rows(connection, limit=MOST, offset=0)
    if as_json:
        shaped = [TargetAnswer.of(row).model_dump(mode="json") for row in rows]
        show_list(shaped, total=total, limit=MOST, offset=0)
    else:
        show_table(
            [_shown(row) for row in rows], nothing="No targets: alerts are stored and shown, and go nowhere."
        )


@app.command("add")
def add_target(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    url: Annotated[
        str, typer.Argument(help="A webhook's address, or what Apprise calls a URL, e.g. slack://….")
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", help="webhook or apprise (default: webhook for http:// and https://, else apprise)."
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Have messages sent there; a webhook's secret is shown this once."""
    wanted = _valid(name, kind or ("webhook" if url.startswith(("http://", "https://")) else "apprise"), url)
    check_url(wanted.kind, wanted.url)
    secret = new_secret() if wanted.kind == "webhook" else ""
    with transaction("alerts", data_dir) as connection:
        made = alert_targets.create(connection, **wanted.model_dump(), secret=secret)
    if as_json:
        answer = NewTargetAnswer(**TargetAnswer.of(made).model_dump(), secret=secret)
        show_json(answer.model_dump(mode="json"))
        return
    say(f"Messages go to '{made.name}' (number {made.id}) from now on.")
    if secret:
        say(f"Its webhooks are signed with {secret}; this is shown only now.")


@app.command("remove")
def remove_target(which: Which, data_dir: DataDir = None) -> None:
    """Send nothing there any more."""
    with transaction("alerts", data_dir) as connection:
        found = _find(connection, which)
        alert_targets.delete(connection, found.id)
    say(f"Nothing goes to '{found.name}' any more.")


@app.command("test")
def send_test(which: Which, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Queue a test message for a target; `list` says how it went."""
    with transaction("alerts", data_dir) as connection:
        found = _find(connection, which)
        alerts.queue_message(connection, message=f"test-{uuid4()}", target=found.id, alert=None)
    if as_json:
        show_json(TargetAnswer.of(found).model_dump(mode="json"))
    else:
        say(
            f"A test message for '{found.name}' is queued; `groundswell alerts targets list` says how it went."
        )


def _find(connection: Any, which: str) -> Target:
    """Return the target of that name, else of that number; raises `NotFound`."""
    rows, _ = alert_targets.rows(connection, limit=MOST, offset=0)
    found = [row for row in rows if row.name == which] or [row for row in rows if str(row.id) == which]
    if not found:
        raise NotFound(f"There is no target '{which}'; see `groundswell alerts targets list`.")
    return found[0]


def _valid(name: str, kind: str, url: str) -> TargetIn:
    try:
        return TargetIn.model_validate({"name": name, "kind": kind, "url": url})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            f"That is no target: {first['msg']} ({'.'.join(map(str, first['loc']))})."
        ) from None


def _shown(target: Target) -> dict[str, object]:
    answer = TargetAnswer.of(target)
    return {
        "id": answer.id,
        "name": answer.name,
        "kind": answer.kind,
        "address": f"{answer.scheme}:…",
        "state": "on" if answer.enabled else "off",
        "last": f"{answer.last_at:%Y-%m-%d %H:%M}" if answer.last_at else "never",
        "said": answer.last_error or ("well" if answer.last_at else ""),
    }
