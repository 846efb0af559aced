"""`groundswell models`: which versions there are, which one answers, and who decided that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from groundswell.analysis.versions import Version, Versions
from groundswell.cli import models_compare, models_pull
from groundswell.cli.options import DataDir, Json, me, settings_for
from groundswell.cli.output import say, show_json, show_table
from groundswell.toolbox import tools_for, versions

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="List, pull, compare, add, promote, shadow, roll back, remove and verify models.",
)

app.add_typer(models_pull.app)
app.add_typer(models_compare.app)

Name = Annotated[str, typer.Argument(metavar="KEY@VERSION", help="The version.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The model's key.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]


@app.command("list")
def list_(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Of this model only.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List every version and its stage."""
    with _versions(data_dir) as registry:
        found = [_row(version) for version in registry.list(key)]
    if as_json:
        show_json(found)
    else:
        show_table(found, nothing="There is no version yet; add one with `groundswell models add FOLDER`.")


@app.command()
def show(name: Name, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show one version: its manifest, its history, and how it compares as a shadow."""
    key, number = split(name)
    with _versions(data_dir) as registry:
        version = registry.get(key, number)
        events = [asdict(one) for one in registry.history(key) if one.version == number]
        compared = registry.comparison(version.name)
    answer = {
        **_row(version),
        "digest": version.digest,
        "compared": {"posts": compared.posts, "agreeing": compared.agreeing},
        "history": events,
        "manifest": version.manifest,
    }
    if as_json:
        show_json(answer)
        return
    show_table([_row(version)], nothing="")
    if compared.posts:
        say(f"Read {compared.posts:,} posts beside the headlines and agrees on {compared.agreeing:,}.")
    show_table([_event(one) for one in events], nothing="Nothing was done with it yet.")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A version folder (manifest.json …).")],
    reason: Reason = "",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check and test a version folder and keep a copy of it as a candidate."""
    with _versions(data_dir) as registry:
        _tell(registry.add(folder, by=me(), reason=reason), "is added as a candidate", as_json)


@app.command()
def promote(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why; required, kept in the history.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Let a version answer: every process follows within two seconds, no request fails."""
    key, number = split(name)
    with _versions(data_dir) as registry:
        _tell(registry.promote(key, number, by=me(), reason=reason), "is in production", as_json)


@app.command()
def shadow(
    name: Annotated[str, typer.Argument(metavar="KEY[@VERSION]", help="The version; a key alone ends it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Have a version read the same posts beside production; its readings are stored apart."""
    key, _, number = name.partition("@")
    with _versions(data_dir) as registry:
        staged = registry.shadow(key, number or None, by=me())
    if staged:
        _tell(staged, "reads beside production", as_json)
    else:
        say(f"No version of {key} reads beside production any more.")


@app.command()
def rollback(key: Key, reason: Reason = "", data_dir: DataDir = None, as_json: Json = False) -> None:
    """Go back to the version that was in production before."""
    with _versions(data_dir) as registry:
        _tell(registry.rollback(key, by=me(), reason=reason), "is in production again", as_json)


@app.command()
def remove(name: Name, reason: Reason = "", data_dir: DataDir = None, as_json: Json = False) -> None:
    """Forget a version that is not in use, and its files; its name stays taken."""
    key, number = split(name)
    with _versions(data_dir) as registry:
        _tell(registry.remove(key, number, by=me(), reason=reason), "is removed", as_json)


@app.command()
def verify(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Of this model only.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check the files of every version by SHA-256 and test what it answers; exit 1 if one fails."""
    with _versions(data_dir) as registry:
        found = registry.verify(key)
    rows = [{"model": one.version.name, "is": one.problem or "sound"} for one in found]
    if as_json:
        show_json(
            [{"model": one.version.name, "sound": not one.problem, "says": one.problem} for one in found]
        )
    else:
        show_table(rows, nothing="There is no version yet.")
    if any(one.problem for one in found):
        raise typer.Exit(1)


@app.command()
def report(
    name: Annotated[
        str, typer.Argument(metavar="KEY[@VERSION]", help="Without a version: the one in production.")
    ],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as one page.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Only posts about this topic.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say how a version drifts and how often people agree: signals, figures, looks of 30 days."""
    from groundswell.cli.model_report import make, show_report

    found = make(settings_for("models", data_dir=data_dir), name, topic)
    if html:
        from groundswell.analysis.report import as_html

        html.write_text(as_html(found), encoding="utf-8")
        say(f"The report on {found['model']} is in {html}.")
    if as_json:
        show_json(found)
    elif not html:
        show_report(found)


@contextmanager
def _versions(data_dir: Path | None) -> Iterator[Versions]:
    with tools_for(settings_for("models", data_dir=data_dir)) as tools:
        registry = versions(tools)
        registry.ship()
        yield registry


def split(name: str) -> tuple[str, str]:
    """Return key and version of `key@version`."""
    key, _, number = name.partition("@")
    if not number:
        raise typer.BadParameter("Name the version, too: KEY@VERSION.", param_hint="KEY@VERSION")
    return key, number


def _row(version: Version) -> dict[str, Any]:
    return {
        "model": version.name,
        "stage": version.stage,
        "kind": version.kind,
        "added": version.added_at.strftime("%Y-%m-%d %H:%M"),
        "by": version.added_by,
    }


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "when": event["at"].strftime("%Y-%m-%d %H:%M:%S"),
        "what": event["action"],
        "instead of": event["previous"],
        "by": event["by"],
        "why": event["reason"] or ("evidence" if event["evidence"] else ""),
    }


def _tell(version: Version, what: str, as_json: bool) -> None:
    if as_json:
        show_json({**_row(version), "digest": version.digest})
    else:
        say(f"{version.name} {what}.")
