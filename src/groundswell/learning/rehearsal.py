"""What a version remembers of its training: rows to rehearse on, and rows on which a new head must not be worse."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import Conflict
from groundswell.learning.reference import NOT_LABELLED, REFERENCE, ReferenceSet, load_reference
from groundswell.models.artefact import Artefact
from groundswell.models.heads import Stored


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Vectors with people's labels of one task."""

    stored: Stored
    #: for sentiment the place in `SENTIMENTS`, shape (rows,); for emotions 0 or 1, shape (rows, 7)
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.stored)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A version's `reference.safetensors`, by set and task."""

    rehearsal_sentiment: Labelled
    rehearsal_emotion: Labelled
    gate_sentiment: Labelled
    gate_emotion: Labelled


def remembered(artefact: Artefact) -> Memory:
    """Read a version's memory; raises `Conflict` when it has none: its heads cannot be trained again."""
    if REFERENCE not in artefact.manifest["files"]:
        raise Conflict(
            f"{artefact.key}@{artefact.version} carries no {REFERENCE}, so its heads cannot be retrained; "
            "train it again, or use another model.",
            details={"model": artefact.key},
        )
    sets = load_reference(artefact.path(REFERENCE))
    return Memory(
        rehearsal_sentiment=_sentiment(sets["rehearsal"]),
        rehearsal_emotion=_emotion(sets["rehearsal"]),
        gate_sentiment=_sentiment(sets["gate"]),
        gate_emotion=_emotion(sets["gate"]),
    )


def some_rows(stored: Stored, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Stored:
    """Return those rows of stored vectors."""
    return Stored(values=stored.values[rows], scales=stored.scales[rows])


def unrolled(stored: Stored) -> NDArray[np.float64]:
    """Return the vectors themselves, shape (rows, width)."""
    result: NDArray[np.float64] = stored.values.astype(np.float64) * stored.scales[:, None].astype(np.float64)
    return result


def _sentiment(rows: ReferenceSet) -> Labelled:
    known = rows.sentiment != NOT_LABELLED
    return Labelled(stored=some_rows(rows.stored, known), labels=rows.sentiment[known].astype(np.int64))


def _emotion(rows: ReferenceSet) -> Labelled:
    known = (rows.emotion != NOT_LABELLED).all(axis=1)
    return Labelled(stored=some_rows(rows.stored, known), labels=rows.emotion[known].astype(np.int64))
