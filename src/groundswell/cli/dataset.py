"""`groundswell dataset`: labelled texts on their way to a model, one step a command; `dvc.yaml` runs them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from groundswell.cli.output import counted, say

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Labelled texts: load, clean, validate, and turn into vectors; needs no server.",
)

Given = Annotated[Path, typer.Argument(metavar="FILE", help="Labelled texts, as the step before wrote them.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="File to write.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write what was found to this JSON file.")]


@app.command()
def load(
    source: Annotated[
        str,
        typer.Argument(help="synthetic, or a .csv, .tsv, .jsonl or .parquet with columns text and label."),
    ],
    out: Out,
    rows: Annotated[int, typer.Option(min=1, help="How many texts are made up.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of what is made up.")] = 1,
) -> None:
    """Make up labelled texts, or read them from a table; an export of feedback is one."""
    from groundswell.learning.dataset import save_rows
    from groundswell.roles.dataset import labelled_texts

    number = save_rows(labelled_texts(source, rows=rows, seed=seed, tell=say), out)
    say(f"{counted(number, 'text')} loaded.")


@app.command()
def clean(given: Given, out: Out, report: Report = None) -> None:
    """Leave out what nobody can learn from, and what would let a held-out text leak."""
    from groundswell.learning import dataset

    kept, found = dataset.clean(dataset.rows_of(given))
    dataset.save_rows(kept, out)
    _note(found, report)
    say(", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in found.items() if number) + ".")


@app.command()
def validate(given: Given, report: Report = None) -> None:
    """Check that a set can be learned from and judged on; fails with everything that is wrong."""
    from groundswell.learning import dataset

    found = dataset.checked(dataset.rows_of(given))
    _note(found, report)
    say(f"{found['rows']:,} texts, {found['held_out']:,} of them held out: nothing is wrong.")


@app.command()
def features(
    given: Given,
    out: Out,
    base: Annotated[
        Path | None, typer.Option(help="Version folder whose encoder reads [default: the one shipped].")
    ] = None,
) -> None:
    """Turn each text into the vector that heads learn from."""
    from groundswell.learning import dataset
    from groundswell.learning.offline import root_model

    _, model = root_model(base)
    dataset.save_features(out, model, [text for text, _ in dataset.rows_of(given)], say)


def _note(found: object, report: Path | None) -> None:
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
