"""Readings as columns are rounded as one reading is."""

import numpy as np

from groundswell.core.mood import Reading, score_units
from groundswell.store.readings import as_columns, in_units


def test_rows_are_rounded_as_each_alone() -> None:
    random = np.random.default_rng(5)
    scores = random.dirichlet((1, 1, 1), 5_000)
    scores[:3] = [(1 / 3, 1 / 3, 1 / 3), (0.0, 0.0, 1.0), (0.33335, 0.33335, 0.3333)]
    found = in_units(scores, None)
    assert [tuple(row) for row in found.scores.tolist()] == [
        score_units(tuple(row)) for row in scores.tolist()
    ]
    assert found.emotions is None and len(found) == 5_000


def test_readings_become_columns() -> None:
    emotions = (0.0, 0.1, 0.2, 0.9, 0.3, 0.0, 0.0)
    found = as_columns([Reading(scores=(0.2, 0.7, 0.1), emotions=emotions, model_used="a@1")])
    assert found.sentiments.tolist() == [1] and found.top is not None and found.top.tolist() == [3]
    assert found.emotions is not None and found.emotions[0].tolist() == [0, 1000, 2000, 9000, 3000, 0, 0]
