"""Two models on the same texts: how far they agree, where they differ, and what each costs, measured in one run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadData
from groundswell.core.mood import SENTIMENTS, Reading
from groundswell.learning.corpus import Example, read_examples
from groundswell.learning.evaluation import Duel, compare
from groundswell.models.load import load_named_or_folder
from groundswell.models.port import Model
from groundswell.observe import memory_bytes
from groundswell.statistics.compared import compared
from groundswell.statistics.resample import Estimate

Load = Callable[[str], Model]
Ints = NDArray[np.int64]

from_here: Load = load_named_or_folder
"""Loads what is shipped, code alone, or in a folder."""

CHUNK = 256
"""Texts read at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two models, and what it took."""

    model: str
    description: str
    #: the sentiments it can answer
    labels: tuple[str, ...]
    #: for all texts, loading not counted
    seconds: float
    texts_per_second: float
    #: growth of this process while it was loaded and read; what runs models is loaded before, and not counted
    memory_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRow:
    """How often each of the two answered one sentiment."""

    first: int
    second: int
    both: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """A text the two read differently."""

    text: str
    first: str
    first_confidence: float
    second: str
    second_confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """What came of comparing; shares of 1."""

    data: str
    texts: int
    first: Side
    second: Side
    #: share of texts with the same sentiment, with its 95 % interval
    agreement: Estimate
    #: Cohen's kappa (1960); None where both always answer one and the same sentiment
    kappa: Estimate | None
    classes: dict[str, ClassRow]
    #: rows are the first's answers, columns the second's
    table: list[list[int]]
    flips: int
    #: the surest first, as many as were asked for
    examples: list[Flip]
    #: against people's labels, where the texts carry them
    duel: Duel | None


def labelled(data: Path) -> list[Example]:
    """Read the texts of a file, with their labels where it has any; raises `BadData`."""
    found = read_examples(data)
    if not found:
        raise BadData(f"{data} has no text.")
    return found


def unlabelled(texts: Sequence[str]) -> list[Example]:
    """Return texts that carry no label."""
    return [Example(text=text, original=text) for text in texts]


def side_by_side(
    names: tuple[str, str],
    examples: Sequence[Example],
    *,
    data: str,
    load: Load = from_here,
    flips: int = 20,
) -> SideBySide:
    """Read every text with both models and compare; raises like `load`, and `BadData` without a text."""
    if not examples:
        raise BadData(f"{data} has no text to compare on.")
    texts = [example.original for example in examples]
    _load_libraries()
    # both stay here until the end: in the memory of one that is gone the other would seem to need none
    sides = [_side(load, name, texts) for name in names]
    (one, first, mine), (other, second, theirs) = sides
    a, b = _labels(mine), _labels(theirs)
    table = np.bincount(a * 3 + b, minlength=9).reshape(3, 3)
    both = compared(table)
    is_labelled = all(set(example.labels) <= set(SENTIMENTS) and example.labels for example in examples)
    return SideBySide(
        data=data,
        texts=len(texts),
        first=first,
        second=second,
        agreement=_estimate(both.agreement or 0.0, both.agreement_interval),
        kappa=None if both.kappa is None else _estimate(both.kappa, both.kappa_interval),
        classes=_classes(table),
        table=table.tolist(),
        flips=both.posts - both.agreeing,
        examples=_flips(texts, mine, theirs, flips),
        duel=compare((one.info, mine), (other.info, theirs), examples) if is_labelled else None,
    )


def _load_libraries() -> None:
    """Load what runs models, so that neither side pays for it."""
    import onnxruntime
    import tokenizers

    del onnxruntime, tokenizers


def _side(load: Load, name: str, texts: Sequence[str]) -> tuple[Model, Side, list[Reading]]:
    before = memory_bytes()
    model = load(name)
    model.read(texts[:1])
    begin = time.perf_counter()
    readings: list[Reading] = []
    for at in range(0, len(texts), CHUNK):
        readings += model.read(texts[at : at + CHUNK])
    seconds = time.perf_counter() - begin
    info = model.info
    side = Side(
        model=info.name,
        description=info.description,
        labels=info.labels,
        seconds=seconds,
        texts_per_second=len(texts) / max(seconds, 1e-9),
        memory_bytes=max(0, memory_bytes() - before),
    )
    return model, side, readings


def _labels(readings: Sequence[Reading]) -> Ints:
    return np.array([SENTIMENTS.index(reading.sentiment) for reading in readings], dtype=np.int64)


def _estimate(value: float, interval: tuple[float, float]) -> Estimate:
    low, high = interval
    return Estimate(value=value, low=low, high=high)


def _classes(table: Ints) -> dict[str, ClassRow]:
    return {
        label: ClassRow(first=int(table[i].sum()), second=int(table[:, i].sum()), both=int(table[i, i]))
        for i, label in enumerate(SENTIMENTS)
    }


def _flips(texts: Sequence[str], mine: Sequence[Reading], theirs: Sequence[Reading], most: int) -> list[Flip]:
    different = [
        Flip(
            text=text,
            first=a.sentiment,
            first_confidence=a.confidence,
            second=b.sentiment,
            second_confidence=b.confidence,
        )
        for text, a, b in zip(texts, mine, theirs, strict=True)
        if a.sentiment != b.sentiment
    ]
    return sorted(different, key=lambda one: -min(one.first_confidence, one.second_confidence))[:most]
