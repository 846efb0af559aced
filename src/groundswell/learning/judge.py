"""What `groundswell evaluate` does: read a labelled file with one or two models, and say how good they are."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from groundswell.core.errors import BadData
from groundswell.core.mood import Reading
from groundswell.learning.corpus import Example, read_examples
from groundswell.learning.evaluation import Duel, Evaluation, compare, evaluate
from groundswell.learning.holdout import held_out
from groundswell.models.load import load_named_or_folder
from groundswell.models.port import Model, ModelInfo
from groundswell.models.spread import spread

CHUNK = 2_048
"""Texts read at once: bounds memory, large enough for full batches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The result of judging."""

    #: SHA-256 is not enough to find a file again; its name is
    data: str
    evaluations: list[Evaluation]
    duel: Duel | None

    def as_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(asdict(self), indent=1)


def judge(
    names: Sequence[str],
    data: Path,
    *,
    threads: int = 1,
    year: int | None = None,
    only_held_out: bool = False,
) -> Verdict:
    """Evaluate each named model on a labelled file, or on some of its rows; with two, compare them too.

    Raises `UnknownModel`, `BadArtefact`, `BadData`.
    """
    examples = [example for example in read_examples(data) if year is None or example.year == year]
    if only_held_out:
        examples = [example for example in examples if held_out(example.original)]
    if not examples:
        raise BadData(
            f"{data} has no text"
            + (f" of {year}" if year else "")
            + (" that is held out." if only_held_out else ".")
        )
    answers = [_answers(load_named_or_folder(name), examples, threads) for name in names]
    evaluations = [evaluate(info, readings, examples) for info, readings in answers]
    duel = compare(answers[0], answers[1], examples) if len(answers) == 2 else None
    return Verdict(data=data.name, evaluations=evaluations, duel=duel)


def _answers(model: Model, examples: Sequence[Example], threads: int) -> tuple[ModelInfo, list[Reading]]:
    readings: list[Reading] = []
    for at in range(0, len(examples), CHUNK):
        texts = [example.original for example in examples[at : at + CHUNK]]
        readings += spread(model.read, texts, threads=threads)
    return model.info, readings
