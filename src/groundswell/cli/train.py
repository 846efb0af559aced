"""`groundswell train`: from labelled data to a version folder, with a bar on a terminal; resumes where it stopped."""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.options import DataDir, settings_for
from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSettings

if TYPE_CHECKING:
    from groundswell.learning.finetune import Progress

app = typer.Typer(add_completion=False)


class Kind(StrEnum):
    """What can be trained."""

    head = "head"
    tfidf = "tfidf"
    finetune = "finetune"


@app.command()
def train(  # noqa: PLR0913, PLR0917 - one for each option
    kind: Annotated[
        Kind,
        typer.Option(help="head: seconds, from feedback; tfidf: seconds; finetune: hours, needs the extra."),
    ] = Kind.head,
    data: Annotated[
        Path | None,
        typer.Option(
            help="For head a file of corrections (text, label); else a folder with sentiment/train.tsv and, "
            "for finetune, emotion/train.tsv."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the version, KEY/VERSION [default: data/models/KIND/1].")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            help="For head the version folder to start at [default: the one shipped]; for finetune the encoder, or "
            "a version to go on from."
        ),
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(
            "--with",
            help="For finetune another version: training begins at a mean of its weights and the base's.",
        ),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(help="Model that labels texts for this one, or a file of its readings.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints; the same one again resumes [default: OUT.work]."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with values of the plan.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="For head the vectors of the texts, made by `groundswell dataset features`."),
    ] = None,
    verdict: Annotated[
        Path | None, typer.Option(help="For head a JSON file that gets the gate's decision and its evidence.")
    ] = None,
    job: Annotated[
        str | None, typer.Option(help="Run this queued job of a running installation, as the watcher does.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a model and publish it as a version folder; a head is judged, too, and the verdict printed."""
    if job is not None:
        _run_job(job, data_dir)
        return
    if data is None:
        raise BadSettings("Say what to learn from: --data.")
    overrides = _overrides(config, seed)
    if kind is Kind.head:
        _train_head({"data": data, "features": features, "base": base}, out, verdict)
        return
    folder = out or Path("data/models") / kind.value / "1"
    if kind is Kind.tfidf:
        _train_tfidf(data, folder, overrides)
        return
    if base is None:
        raise BadSettings(
            "--kind finetune needs --base: the folder of the encoder, or of the version, to start from."
        )
    if second and not ((base / "manifest.json").is_file() and (second / "manifest.json").is_file()):
        raise BadSettings(
            "--with mixes two versions: --base and --with are folders with a manifest.json each."
        )
    places = {"data": data, "base": base, "second": second, "version": folder, "teacher": teacher}
    _train_joint(places | {"work": work or folder.with_name(f"{folder.name}.work")}, overrides)


def _run_job(name: str, data_dir: Path | None) -> None:
    from groundswell import roles

    roles.run_training(settings_for("train", data_dir=data_dir), name)


def _train_head(places: dict[str, Any], out: Path | None, verdict: Path | None) -> None:
    from groundswell.learning.offline import Lessons, train_head

    artefact, decision = train_head(Lessons(**places), out, clock=SystemClock(), report=_tell)
    for reason in decision.reasons:
        _tell(reason)
    if verdict:
        verdict.parent.mkdir(parents=True, exist_ok=True)
        verdict.write_text(json.dumps(asdict(decision), indent=1) + "\n", encoding="utf-8")
    print(artefact.folder)


def _train_tfidf(data: Path, folder: Path, overrides: dict[str, Any]) -> None:
    from groundswell.learning.recipes import tfidf_plan, train_tfidf_version

    plan = tfidf_plan(overrides)
    artefact = train_tfidf_version(data, folder, plan, clock=SystemClock(), report=_tell)
    print(artefact.folder)


def _train_joint(places: dict[str, Any], overrides: dict[str, Any]) -> None:
    from groundswell.learning.joint import Places, joint_plan, train_joint_version
    from groundswell.learning.onward import is_version

    if places["second"] and not (is_version(places["base"]) and is_version(places["second"])):
        raise BadSettings("--with mixes two published versions: --base and --with name one each.")
    overrides |= {"tasks": tuple(overrides["tasks"])} if "tasks" in overrides else {}
    parent = overrides.pop("parent", {})
    plan = joint_plan(overrides)
    with _bar() as bar:
        artefact = train_joint_version(
            Places(**places, parent=parent), plan, clock=SystemClock(), report=_tell, step=bar
        )
    print(artefact.folder)


@contextmanager
def _bar() -> "Iterator[Callable[[Progress], None]]":
    """Show a bar on a terminal, and a line every hundred steps elsewhere."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("training", total=None)

        def step(progress: "Progress") -> None:
            bar.update(
                task, completed=progress.step, total=progress.steps, description=f"loss {progress.loss:.4f}"
            )
            if bar.disable and progress.step % 100 == 0:
                _tell(_words(progress))

        yield step


def _words(progress: "Progress") -> str:
    left = (progress.steps - progress.step) * progress.seconds_per_step / 60
    return f"step {progress.step:,} of {progress.steps:,}, loss {progress.loss:.4f}, {left:.0f} minutes left"


def _overrides(config: Path | None, seed: int | None) -> dict[str, Any]:
    values = tomllib.loads(config.read_text(encoding="utf-8")) if config else {}
    return values | ({} if seed is None else {"seed": seed})


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
