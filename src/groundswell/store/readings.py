"""Readings of many posts as columns in stored units: what history is written with at full speed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SCORE_UNIT, Reading

Floats = NDArray[np.float64]
Units = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Readings:
    """One row a post; scores in units, labels by their place."""

    #: shape (posts, 3); every row sums to `SCORE_UNIT`
    scores: Units
    #: shape (posts,)
    sentiments: Units
    #: shape (posts, 7); None: the model reads none
    emotions: Units | None
    #: the largest emotion, shape (posts,); None: the model reads none
    top: Units | None

    def __len__(self) -> int:
        return len(self.scores)


def in_units(scores: Floats, emotions: Floats | None) -> Readings:
    """Turn probabilities, shapes (posts, 3) and (posts, 7), into units, as `core.mood.score_units` does for one."""
    raw = scores * SCORE_UNIT
    units = raw.astype(np.int64)
    missing = SCORE_UNIT - units.sum(axis=1)
    order = np.lexsort(
        (-scores, units - raw), axis=-1
    )  # by the largest remainder, of equals the larger score
    rows = np.arange(len(scores))
    for place in range(scores.shape[1]):
        units[rows, order[:, place]] += place < missing
    return Readings(
        scores=units,
        sentiments=scores.argmax(axis=1),
        emotions=None if emotions is None else np.rint(emotions * SCORE_UNIT).astype(np.int64),
        top=None if emotions is None else emotions.argmax(axis=1),
    )


def as_columns(readings: Sequence[Reading]) -> Readings:
    """Return the readings of one model, at least one, as columns."""
    scores = np.array([reading.scores for reading in readings], dtype=np.float64)
    emotions = [reading.emotions for reading in readings if reading.emotions]
    whole = len(emotions) == len(readings) and bool(emotions)
    table = np.array(emotions, dtype=np.float64).reshape(-1, len(EMOTIONS)) if whole else None
    return in_units(scores, table)
