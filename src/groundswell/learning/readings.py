"""A teacher's readings: what a large model says about many texts, kept by the hash of the text, without the texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning.corpus import Example
from groundswell.models.port import Model

CHUNK = 4_096
"""Texts between two saves: what an interruption loses at most."""

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Scores by text."""

    #: hashes of the normalised texts, ascending; shape (texts,)
    keys: NDArray[np.uint64]
    #: probabilities in the order of `SENTIMENTS`; shape (texts, 3)
    sentiment: NDArray[np.float16]
    #: probabilities in the order of `EMOTIONS`, NaN where the teacher reads none; shape (texts, 7)
    emotion: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, examples: Sequence[Example], head: str) -> NDArray[np.float32]:
        """Return the scores of one head for each example, NaN where the teacher has not read it."""
        table = self.sentiment if head == "sentiment" else self.emotion
        keys = np.array([example.key for example in examples], dtype=np.uint64)
        found = np.full((len(keys), table.shape[1]), np.nan, dtype=np.float32)
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            known = self.keys[at] == keys
            found[known] = table[at[known]]
        return found


def nothing_read() -> Readings:
    """Return the readings of a teacher that has not begun."""
    return Readings(
        keys=np.empty(0, dtype=np.uint64),
        sentiment=np.empty((0, len(SENTIMENTS)), dtype=np.float16),
        emotion=np.empty((0, len(EMOTIONS)), dtype=np.float16),
    )


def read_all(teacher: Model, examples: Sequence[Example], path: Path, report: Report) -> Readings:
    """Let the teacher read every example that the file has no reading of, saving as it goes; return all readings."""
    readings = load_readings(path)
    missing = _missing(readings, examples)
    for at in range(0, len(missing), CHUNK):
        readings = merge(readings, _read(teacher, missing[at : at + CHUNK]))
        save_readings(readings, path)
        report(f"{teacher.info.name} has read {min(at + CHUNK, len(missing)):,} of {len(missing):,} texts")
    return readings


def merge(first: Readings, second: Readings) -> Readings:
    """Return the readings of both; where both know a text, those of the first."""
    keys, at = np.unique(np.concatenate([first.keys, second.keys]), return_index=True)
    return Readings(
        keys=keys,
        sentiment=np.concatenate([first.sentiment, second.sentiment])[at],
        emotion=np.concatenate([first.emotion, second.emotion])[at],
    )


def save_readings(readings: Readings, path: Path) -> None:
    """Write the file in one step; a crash leaves the old one."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file({"keys": readings.keys, "sentiment": readings.sentiment, "emotion": readings.emotion}, part)
    part.replace(path)


def load_readings(path: Path) -> Readings:
    """Return the file's readings; none when there is no file."""
    from safetensors.numpy import load_file

    if not path.is_file():
        return nothing_read()
    tensors: Mapping[str, NDArray[np.float16]] = load_file(path)
    return Readings(
        keys=tensors["keys"].view(np.uint64), sentiment=tensors["sentiment"], emotion=tensors["emotion"]
    )


def _missing(readings: Readings, examples: Sequence[Example]) -> list[Example]:
    """Return the examples without a reading, each text once."""
    known = set(readings.keys.tolist())
    found: dict[int, Example] = {}
    for example in examples:
        key = example.key
        if key not in known:
            found.setdefault(key, example)
    return list(found.values())


def _read(teacher: Model, examples: Sequence[Example]) -> Readings:
    readings = teacher.read([example.original for example in examples])
    unread = (np.nan,) * len(EMOTIONS)
    order = np.argsort(np.array([example.key for example in examples], dtype=np.uint64))
    return Readings(
        keys=np.array([example.key for example in examples], dtype=np.uint64)[order],
        sentiment=np.array([reading.scores for reading in readings], dtype=np.float16)[order],
        emotion=np.array([reading.emotions or unread for reading in readings], dtype=np.float16)[order],
    )
