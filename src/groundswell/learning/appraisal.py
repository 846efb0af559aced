"""How good a version is, as a job: on its base rows, on feedback it was not fitted on, or on a labelled file."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundswell.core.errors import Conflict, NotFound
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.core.text import fingerprint
from groundswell.learning.candidate import fitted_on, judged_on_base
from groundswell.learning.contest import slice_names
from groundswell.learning.corpus import Example, read_examples
from groundswell.learning.evaluation import evaluate
from groundswell.learning.rehearsal import Labelled, remembered
from groundswell.models.artefact import Artefact
from groundswell.models.load import load_folder
from groundswell.models.port import Model
from groundswell.models.transformer import TransformerModel
from groundswell.statistics.intervals import wilson
from groundswell.store import feedback, training
from groundswell.store.database import Database
from groundswell.store.feedback import FeedbackItem

CHUNK = 2_048
"""Texts read at once."""
GATE, FEEDBACK = "gate", "feedback"


def appraise(artefact: Artefact, data: str, database: Database, folder: Path | None) -> dict[str, Any]:
    """Return figures by data set; `data` is `gate`, `feedback`, or a file of the data folder (`sentiment/dev`).

    Raises `Conflict` when there is nothing to judge on, `NotFound` for a file that is not there.
    """
    model = load_folder(artefact.folder)
    if data == GATE:
        return _on_gate(artefact, model)
    if data == FEEDBACK:
        return _on_feedback(artefact, model, database)
    examples = read_examples(_file(folder, data))
    return {data: asdict(evaluate(model.info, _readings(model, examples), examples))}


def _on_gate(artefact: Artefact, model: Model) -> dict[str, Any]:
    memory = remembered(artefact)
    assert isinstance(model, TransformerModel)  # noqa: S101 - nothing else carries a memory
    figures = {"sentiment/base": asdict(judged_on_base(model.heads, model.info.name, memory.gate_sentiment))}
    if model.heads.emotion is not None and len(memory.gate_emotion):
        examples = _emotions(memory.gate_emotion)
        readings = model.heads.read(memory.gate_emotion.stored)
        figures["emotion/base"] = asdict(evaluate(model.info, readings, examples))
    return figures


def _emotions(rows: Labelled) -> list[Example]:
    return [
        Example(text="", labels=tuple(label for label, carried in zip(EMOTIONS, row, strict=True) if carried))
        for row in rows.labels
    ]


def _on_feedback(artefact: Artefact, model: Model, database: Database) -> dict[str, Any]:
    known = fitted_on(artefact)
    with database.reading() as connection:
        items = [one for one in feedback.current(connection) if fingerprint(one.content) not in known]
        posts = training.places(connection, [item.post for item in items if item.post])
    if not items:
        raise Conflict("There is no feedback that this version was not fitted on.")
    examples = [Example(text="", original=one.content, labels=(SENTIMENTS[one.label],)) for one in items]
    readings = _readings(model, examples)
    right = [one.sentiment == SENTIMENTS[item.label] for one, item in zip(readings, items, strict=True)]
    names = [slice_names(item, posts.get(item.post) if item.post else None) for item in items]
    figures = asdict(evaluate(model.info, readings, examples))
    return {FEEDBACK: {**figures, "slices": _shares(names, right), "origins": _origins(items)}}


def _shares(names: Sequence[Sequence[str]], right: Sequence[bool]) -> dict[str, Any]:
    """Return for each slice how many rows it has and which share is right, with the interval."""
    found: dict[str, list[bool]] = {}
    for of_row, is_right in zip(names, right, strict=True):
        for name in of_row:
            found.setdefault(name, []).append(is_right)
    return {
        name: {
            "rows": len(rows),
            "right": sum(rows) / len(rows),
            "interval": list(wilson(sum(rows), len(rows))),
        }
        for name, rows in sorted(found.items())
    }


def _origins(items: Sequence[FeedbackItem]) -> dict[str, int]:
    origins: dict[str, int] = {}
    for item in items:
        origins[item.origin] = origins.get(item.origin, 0) + 1
    return origins


def _readings(model: Model, examples: Sequence[Example]) -> list[Any]:
    texts = [example.original for example in examples]
    return [one for at in range(0, len(texts), CHUNK) for one in model.read(texts[at : at + CHUNK])]


def _file(folder: Path | None, name: str) -> Path:
    """Return a file of the data folder; raises `NotFound`, also for a name that leads out of it."""
    path = (folder / f"{name}.tsv").resolve() if folder else None
    if path is None or folder is None or folder.resolve() not in path.parents or not path.is_file():
        raise NotFound(
            f"There is no labelled file {name}; evaluate on 'gate', on 'feedback', or on a file of the folder "
            "that GROUNDSWELL_DATA names, as 'sentiment/dev'."
        )
    return path
