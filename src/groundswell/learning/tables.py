"""An evaluation as other tools read it: a flat file of figures, and tables that any program can plot."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from groundswell.learning.evaluation import Duel, Evaluation

FIGURES = ("macro_recall", "macro_f1", "accuracy", "calibration_error")


def write_tables(evaluations: Sequence[Evaluation], duel: Duel | None, folder: Path) -> None:
    """Write `metrics.json`, and of the first model `confusion.csv` and `reliability.csv` where it has them."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics = json.dumps(flat(evaluations, duel), indent=1)
    folder.joinpath("metrics.json").write_text(metrics + "\n", encoding="utf-8")
    first = evaluations[0]
    if first.confusion:
        _write(folder / "confusion.csv", ("truth", "found"), _pairs(first))
    if first.reliability:
        rows = ((one.confidence, one.accuracy, one.rows) for one in first.reliability)
        _write(folder / "reliability.csv", ("confidence", "accuracy", "rows"), rows)


def flat(evaluations: Sequence[Evaluation], duel: Duel | None) -> dict[str, Any]:
    """Return each model's figures with the bounds of their intervals, and the difference of two."""
    found: dict[str, Any] = {one.model: _figures(one) for one in evaluations}
    if duel:
        difference = duel.comparison.difference
        found["difference"] = {
            "value": difference.value,
            "low": difference.low,
            "high": difference.high,
            "mcnemar_p": duel.mcnemar_p,
        }
    return found


def _figures(evaluation: Evaluation) -> dict[str, float]:
    found: dict[str, float] = {"rows": evaluation.rows}
    for name in FIGURES:
        if (estimate := getattr(evaluation, name)) is not None:
            found |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return found | {f"f1_{label}": quality.f1 for label, quality in evaluation.classes.items()}


def _pairs(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """Yield (truth, found) once for each text: the form in which confusion matrices are drawn."""
    labels = list(evaluation.classes)
    for truth, row in zip(labels, evaluation.confusion, strict=True):
        for found, number in zip(labels, row, strict=True):
            yield from [(truth, found)] * number


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
