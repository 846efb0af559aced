"""Training material from labelled texts, and from a teacher's readings where there are any."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.learning.finetune import Material
from groundswell.learning.readings import Readings
from groundswell.learning.tokens import tokenise

Targets = NDArray[np.float32]

LABELS: Mapping[str, tuple[str, ...]] = {"sentiment": SENTIMENTS, "emotion": EMOTIONS}
"""The heads and their labels."""

_LINK = "http"
"""What a link is normalised to."""

UNLABELLED = "unlabelled"
"""The part whose texts only the teacher has labelled."""


def targets(examples: Sequence[Example], head: str) -> Targets:
    """Return 1 for each label a text carries, shape (texts, labels)."""
    labels = LABELS[head]
    rows = [[float(label in example.labels) for label in labels] for example in examples]
    return np.array(rows, dtype=np.float32).reshape(len(examples), len(labels))


def blended(people: Targets, teacher: Targets, *, trust: float) -> Targets:
    """Return `trust` parts of the teacher's scores and the rest of people's labels; where one is unknown, the other."""
    mixed = trust * teacher + (1 - trust) * people
    mixed = np.where(np.isnan(people), teacher, mixed)
    result: Targets = np.where(np.isnan(teacher), people, mixed).astype(np.float32)
    return result


def joint_material(
    base: Path,
    parts: Mapping[str, Sequence[Example]],
    heads: Sequence[str],
    readings: Readings,
    *,
    trust: float,
    linkless: float = 0.0,
) -> Material:
    """Return the texts of every part with targets for each head; a text nobody labelled for a head has NaN there.

    Texts without any label are left out. `linkless`: share of the texts that are read without their links.
    """
    examples = [example for part in parts.values() for example in part]
    wanted: dict[str, Targets] = {}
    for head in heads:
        people = [_people(part, head, filed) for filed, part in parts.items()]
        wanted[head] = blended(np.concatenate(people), readings.of(examples, head), trust=trust)
    # A text nobody has labelled teaches nothing; a teacher that has not finished leaves many.
    known = np.logical_or.reduce([~np.isnan(rows).any(axis=1) for rows in wanted.values()])
    texts = [
        _shown(example, linkless=linkless) for example, keep in zip(examples, known, strict=True) if keep
    ]
    tokens = tokenise(base, texts)
    return Material(
        ids=tokens.ids, targets={head: rows[known] for head, rows in wanted.items()}, pad=tokens.pad
    )


def _shown(example: Example, *, linkless: float) -> str:
    """Return the text, or, for that share of all texts, chosen by their hashes, what is left without its links."""
    if _LINK not in example.text or example.key % 1_000 >= linkless * 1_000:
        return example.text
    return " ".join(word for word in example.text.split() if word != _LINK) or example.text


def _people(part: Sequence[Example], head: str, filed: str) -> Targets:
    """Return people's labels where the part is filed under the head, else NaN."""
    if head == filed:
        return targets(part, head)
    return np.full((len(part), len(LABELS[head])), np.nan, dtype=np.float32)
