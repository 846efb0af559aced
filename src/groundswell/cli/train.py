"""`groundswell train`: from labelled data to a version folder, with a bar on a terminal; resumes where it stopped."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSettings

app = typer.Typer(add_completion=False)


class Kind(StrEnum):
    """What can be trained."""

    tfidf = "tfidf"
    finetune = "finetune"


@app.command()
def train(
    kind: Annotated[Kind, typer.Option(help="tfidf: seconds; finetune: hours, needs the extra `finetune`.")],
    data: Annotated[
        Path, typer.Option(help="Folder with sentiment/train.tsv and, for finetune, emotion/train.tsv.")
    ],
    out: Annotated[Path, typer.Option(help="Folder the version KEY/VERSION is written to.")] = Path(
        "data/models"
    ),
    version: Annotated[str, typer.Option(help="Name of the version.")] = "1",
    config: Annotated[Path | None, typer.Option(help="TOML file with values of the plan.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
) -> None:
    """Train a model and publish it as a version folder."""
    overrides = _overrides(config, seed)
    if kind is Kind.tfidf:
        _train_tfidf(data, out / "tfidf" / version, overrides)
    else:
        raise BadSettings("finetune is not wired yet.")


def _train_tfidf(data: Path, folder: Path, overrides: dict[str, Any]) -> None:
    from groundswell.learning.recipes import tfidf_plan, train_tfidf_version

    plan = tfidf_plan(overrides)
    artefact = train_tfidf_version(data, folder, plan, clock=SystemClock(), report=_tell)
    print(artefact.folder)


def _overrides(config: Path | None, seed: int | None) -> dict[str, Any]:
    values = tomllib.loads(config.read_text(encoding="utf-8")) if config else {}
    return values | ({} if seed is None else {"seed": seed})


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
