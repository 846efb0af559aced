"""Training material from labelled texts, and from a teacher's readings where there are any."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.learning.finetune import Material
from groundswell.learning.tokens import tokenise

Targets = NDArray[np.float32]

LABELS: Mapping[str, tuple[str, ...]] = {"sentiment": SENTIMENTS, "emotion": EMOTIONS}
"""The heads and their labels."""

UNKNOWN = np.float32("nan")


def targets(examples: Sequence[Example], head: str) -> Targets:
    """Return 1 for each label a text carries, shape (texts, labels); NaN for a text without labels."""
    labels = LABELS[head]
    rows = [
        [float(label in example.labels) if example.labels else UNKNOWN for label in labels]
        for example in examples
    ]
    return np.array(rows, dtype=np.float32).reshape(len(examples), len(labels))


def blank(texts: int, head: str) -> Targets:
    """Return targets that say nothing."""
    return np.full((texts, len(LABELS[head])), UNKNOWN, dtype=np.float32)


def joint_material(base: Path, parts: Mapping[str, Sequence[Example]]) -> Material:
    """Return the texts of every part, each with the targets of the head it is filed under."""
    examples = [example for part in parts.values() for example in part]
    rows: dict[str, list[Targets]] = {head: [] for head in LABELS}
    for filed, part in parts.items():
        for head, lists in rows.items():
            lists.append(targets(part, head) if head == filed else blank(len(part), head))
    tokens = tokenise(base, [example.text for example in examples])
    joined = {head: np.concatenate(lists) for head, lists in rows.items()}
    return Material(ids=tokens.ids, targets=joined, pad=tokens.pad)
