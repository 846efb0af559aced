"""Pictures of an evaluation: the reliability diagram and the confusion matrix, as PNG."""

from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.errors import MissingExtra
from groundswell.core.mood import SENTIMENTS
from groundswell.learning.evaluation import Evaluation


def draw(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Draw what the evaluation has data for and return the files."""
    stem = f"{evaluation.model.replace('@', '-')}-{evaluation.task}"
    drawn: list[Path] = []
    if evaluation.reliability:
        drawn.append(_reliability(evaluation, folder / f"{stem}-reliability.png"))
    if evaluation.confusion:
        drawn.append(_confusion(evaluation, folder / f"{stem}-confusion.png"))
    return drawn


def _reliability(evaluation: Evaluation, path: Path) -> Path:
    """Draw accuracy over confidence, each bin with the 95 % interval its rows allow."""
    figure, axes = _canvas()
    confidence = np.array([entry.confidence for entry in evaluation.reliability])
    accuracy = np.array([entry.accuracy for entry in evaluation.reliability])
    rows = np.array([entry.rows for entry in evaluation.reliability])
    error = 1.96 * np.sqrt(accuracy * (1 - accuracy) / rows)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.errorbar(confidence, accuracy, yerr=error, fmt="o-", markersize=4, capsize=2)
    axes.set(
        xlabel="confidence",
        ylabel="share that was right",
        title=evaluation.model,
        xlim=(0.3, 1),
        ylim=(0.3, 1),
    )
    return _saved(figure, path)


def _confusion(evaluation: Evaluation, path: Path) -> Path:
    """Draw the confusion matrix, each row as shares of the true class."""
    figure, axes = _canvas()
    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(column, row, f"{100 * share:.0f} %\n{counts[row, column]}", ha="center", va="center")
    axes.set_xticks(range(len(SENTIMENTS)), SENTIMENTS)
    axes.set_yticks(range(len(SENTIMENTS)), SENTIMENTS)
    axes.set(xlabel="found", ylabel="truth", title=evaluation.model)
    return _saved(figure, path)


def _canvas() -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra from None

    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    return figure, figure.subplots()


def _saved(figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
