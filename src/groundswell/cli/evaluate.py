"""`groundswell evaluate`: how good models are on a labelled file, each figure with its interval."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.cli.output import say
from groundswell.core.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from groundswell.learning.evaluation import Duel, Evaluation
    from groundswell.learning.judge import Verdict
    from groundswell.statistics.resample import Estimate

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Labelled file: text<TAB>label, with that header.")],
    model: Annotated[
        list[str], typer.Option(help="Model key, key@version or version folder; twice to compare.")
    ],
    year: Annotated[
        int | None, typer.Option(help="Only the rows of this year, where the file says it.")
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Only texts that heads never learn from, by their hash.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json, metrics.json, tables and plots.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Texts read at a time [default: one for each core].")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge one model, or compare two, on labelled texts."""
    from groundswell.bulk.texts import cores
    from groundswell.learning.judge import judge

    if len(model) > 2:
        raise InvalidInput("Compare at most two models at a time.")
    verdict = judge(model, data, threads=threads or cores(), year=year, only_held_out=held_out)
    if out:
        _save(verdict, out)
    if json:
        print(verdict.as_json())
        return
    for evaluation in verdict.evaluations:
        _show(evaluation)
    if verdict.duel:
        _show_duel(verdict.duel)


def _save(verdict: "Verdict", out: Path) -> None:
    """Write everything; pictures need matplotlib, the tables beside them nothing."""
    from groundswell.learning.plots import draw
    from groundswell.learning.tables import write_tables

    out.mkdir(parents=True, exist_ok=True)
    out.joinpath("evaluation.json").write_text(verdict.as_json() + "\n", encoding="utf-8")
    write_tables(verdict.evaluations, verdict.duel, out)
    try:
        for evaluation in verdict.evaluations:
            draw(evaluation, out)
    except MissingExtra:
        say("No pictures were drawn: matplotlib comes with groundswell[finetune]; the tables hold the same.")


def _show(evaluation: "Evaluation") -> None:
    print(f"{evaluation.model} on {evaluation.rows:,} texts ({evaluation.task})")
    print(f"  macro-recall      {_percent(evaluation.macro_recall)}")
    print(f"  macro-F1          {_percent(evaluation.macro_f1)}")
    print(f"  accuracy          {_percent(evaluation.accuracy)}")
    if evaluation.calibration_error:
        print(f"  calibration error {_percent(evaluation.calibration_error)}")
    for label, quality in evaluation.classes.items():
        shares = f"{100 * quality.precision:6.1f} {100 * quality.recall:6.1f} {100 * quality.f1:6.1f}"
        print(f"  {label:9} precision, recall, F1 {shares}   ({quality.support:,} texts)")
    for label, row in zip(evaluation.classes, evaluation.confusion, strict=False):
        print(f"  truth {label:9} found as {'  '.join(f'{count:6,}' for count in row)}")


def _show_duel(duel: "Duel") -> None:
    print(f"{duel.first} - {duel.second}: {_percent(duel.comparison.difference)}")
    print(f"  paired bootstrap: not better in {100 * duel.comparison.not_better:.1f} % of resamples")
    print(f"  McNemar p = {duel.mcnemar_p:.4f}")


def _percent(estimate: "Estimate") -> str:
    return f"{100 * estimate.value:6.2f} %  [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"
