"""`groundswell reanalyse`: have another version read a part of history again, and compare."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from groundswell.api.answers.reanalyses import FlipAnswer, ReanalysisAnswer, ReanalysisIn, ResultAnswer
from groundswell.api.routes.reanalyses import query_of
from groundswell.cli.models import split
from groundswell.cli.options import DataDir, Json, me, settings_for
from groundswell.cli.output import say, show_json, show_table
from groundswell.store import reanalyses
from groundswell.toolbox import Tools, tools_for, versions
from groundswell.views.reanalysis import flips, packed, side_by_side, unpacked

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Have another version read a part of history again, and compare.",
)

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Number of the re-analysis.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="NAME=VALUE",
        help="Which posts: source, topic, lang, headline_model, sentiment, emotion, q, from, to, clock.",
    ),
]


@app.command()
def start(
    name: Annotated[str, typer.Argument(metavar="KEY@VERSION", help="The version that reads.")],
    where: Where = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ask for it; a watcher runs it. No headline, count or alert moves."""
    split(name)
    wanted = _wanted({"model": name, **_pairs(where)})
    with _tools(data_dir) as tools:
        found, now = versions(tools).named(name), tools.clock.now()
        with tools.database.transaction() as connection:
            asked = packed(query_of(connection, wanted, now))
            row = reanalyses.create(connection, model=found.name, asked=asked, by=me(), at=now)
    if as_json:
        show_json(ReanalysisAnswer.of(row).model_dump(mode="json"))
    else:
        say(f"Re-analysis {row.id} is queued; `groundswell reanalyse show {row.id}` says how far it is.")


@app.command("list")
def list_(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List re-analyses, the newest first."""
    with _tools(data_dir) as tools, tools.database.reading() as connection:
        rows = [ReanalysisAnswer.of(row) for row in reanalyses.page(connection, limit=100, offset=0)[0]]
    if as_json:
        show_json([row.model_dump(mode="json") for row in rows])
    else:
        show_table([_row(row) for row in rows], nothing="There is none.")


@app.command()
def show(
    number: Number,
    most: Annotated[int, typer.Option("--flips", min=0, max=500, help="Most flips to show.")] = 10,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show progress, agreement and kappa, the two trends by day, and the posts that flip."""
    with _tools(data_dir) as tools, tools.database.reading() as connection:
        row = reanalyses.get(connection, number)
        query = unpacked(row.asked)
        result = ResultAnswer.of(side_by_side(connection, query, row.model, "day"))
        turned = [FlipAnswer.of(one) for one in flips(connection, query, row.model, limit=most, offset=0)]
    state = ReanalysisAnswer.of(row)
    if as_json:
        shaped = {
            "result": result.model_dump(mode="json"),
            "flips": [f.model_dump(mode="json") for f in turned],
        }
        show_json({**state.model_dump(mode="json"), **shaped})
        return
    show_table([_row(state)], nothing="")
    if state.error:
        say(state.error)
    say(_sentence(result))
    show_table([_flip(flip) for flip in turned], nothing="No post is read differently.")


@app.command()
def cancel(number: Number, data_dir: DataDir = None) -> None:
    """End it after the step at hand; what was read stays."""
    with _tools(data_dir) as tools, tools.database.transaction() as connection:
        reanalyses.cancel(connection, number, tools.clock.now())
    say(f"Re-analysis {number} is cancelled.")


@contextmanager
def _tools(data_dir: Path | None) -> Iterator[Tools]:
    with tools_for(settings_for("reanalyse", data_dir=data_dir)) as tools:
        yield tools


def _pairs(values: list[str] | None) -> dict[str, str]:
    pairs = [value.partition("=") for value in values or []]
    if wrong := next((name for name, equals, _ in pairs if not equals), None):
        raise typer.BadParameter(f"'{wrong}' is not NAME=VALUE.", param_hint="--where")
    return {name: value for name, _, value in pairs}


def _wanted(values: dict[str, str]) -> ReanalysisIn:
    try:
        return ReanalysisIn.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise typer.BadParameter(f"{where}: {first['msg']}", param_hint="--where") from None


def _row(found: ReanalysisAnswer) -> dict[str, Any]:
    return {
        "number": found.id,
        "model": found.model,
        "status": found.status,
        "done": f"{found.progress:.0%}",
        "posts": f"{found.done:,}",
        "from vectors": f"{found.from_vectors:,}",
        "skipped": f"{found.skipped:,}",
        "asked": found.created_at.strftime("%Y-%m-%d %H:%M"),
    }


def _sentence(found: ResultAnswer) -> str:
    if found.agreement is None:
        return "There is nothing to compare yet."
    low, high = found.agreement_interval
    kappa = "" if found.kappa is None else f"; kappa {found.kappa:.3f}"
    return f"Both agree on {found.agreement:.1%} ({low:.1%} to {high:.1%}) of {found.posts:,} posts{kappa}."


def _flip(flip: FlipAnswer) -> dict[str, Any]:
    return {"was": flip.headline, "is": flip.reading, "text": " ".join(flip.content.split())[:100]}
