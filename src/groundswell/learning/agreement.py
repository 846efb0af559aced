"""How often a student reads a text as its teacher does, on texts it was not trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from groundswell.core.mood import SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.learning.readings import Readings
from groundswell.models.port import Model


def agreement(student: Model, examples: Sequence[Example], readings: Readings) -> dict[str, Any]:
    """Return the share of identical sentiments among the examples the teacher has read."""
    taught = readings.of(examples, "sentiment")
    known = np.asarray(~np.isnan(taught).any(axis=1))
    texts = [example.original for example, keep in zip(examples, known.tolist(), strict=True) if keep]
    answers = [SENTIMENTS.index(reading.sentiment) for reading in student.read(texts)]
    same = np.array(answers, dtype=np.int64) == taught[known].argmax(axis=1)
    return {"rows": len(texts), "identical": float(same.mean()) if texts else 0.0}
