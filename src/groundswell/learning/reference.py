"""`reference.safetensors`: vectors and labels, no texts, so that a head can be retrained and judged without its data.

Two sets: `rehearsal` (training rows, mixed in when a head is retrained, so that it does not forget) and `gate` (rows
that no weight, temperature or threshold has seen, on which a new head must not be worse).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.models.heads import Stored

REFERENCE = "reference.safetensors"
SETS = ("rehearsal", "gate")
NOT_LABELLED = -1


@dataclass(frozen=True, kw_only=True)
class ReferenceSet:
    """Rows of one set."""

    stored: Stored
    #: place in `SENTIMENTS`, or `NOT_LABELLED`; shape (rows,)
    sentiment: NDArray[np.int8]
    #: 1 or 0 for each of `EMOTIONS`, or `NOT_LABELLED` throughout; shape (rows, 7)
    emotion: NDArray[np.int8]


def reference_set(stored: Stored, examples: Sequence[Example], tasks: Sequence[str]) -> ReferenceSet:
    """Put vectors and labels together; `tasks` says for each example which task its labels belong to."""
    sentiment = [
        SENTIMENTS.index(example.labels[0]) if task == "sentiment" else NOT_LABELLED
        for example, task in zip(examples, tasks, strict=True)
    ]
    emotion = [
        [int(label in example.labels) for label in EMOTIONS]
        if task == "emotion"
        else [NOT_LABELLED] * len(EMOTIONS)
        for example, task in zip(examples, tasks, strict=True)
    ]
    return ReferenceSet(
        stored=stored,
        sentiment=np.array(sentiment, dtype=np.int8),
        emotion=np.array(emotion, dtype=np.int8).reshape(len(emotion), len(EMOTIONS)),
    )


def save_reference(sets: Mapping[str, ReferenceSet], path: Path) -> None:
    """Write the sets."""
    from safetensors.numpy import save_file

    tensors: dict[str, NDArray[np.int8] | NDArray[np.float32]] = {}
    for name, rows in sets.items():
        tensors[f"{name}.values"], tensors[f"{name}.scales"] = rows.stored.values, rows.stored.scales
        tensors[f"{name}.sentiment"], tensors[f"{name}.emotion"] = rows.sentiment, rows.emotion
    save_file(tensors, path)


def load_reference(path: Path) -> dict[str, ReferenceSet]:
    """Read the sets back."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    return {
        name: ReferenceSet(
            stored=Stored(values=tensors[f"{name}.values"], scales=tensors[f"{name}.scales"]),
            sentiment=tensors[f"{name}.sentiment"],
            emotion=tensors[f"{name}.emotion"],
        )
        for name in SETS
    }
