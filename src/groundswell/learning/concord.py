"""How far annotators agree on what they labelled: all together, and each two of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.statistics.agreement import Agreement, alpha, kappa
from groundswell.store.labels import Word

MOST_ANNOTATORS = 30
"""Pairs are shown among those who labelled most: they grow with the square."""

Coded = Callable[[Word], int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two annotators, by Cohen's kappa of their sentiments."""

    annotators: tuple[str, str]
    kappa: Agreement


@dataclass(frozen=True, kw_only=True, slots=True)
class Concord:
    """How far annotators agree."""

    #: texts that two annotators or more labelled
    texts: int
    annotators: tuple[str, ...]
    #: Krippendorff's alpha of the sentiment, each label as far from any other
    sentiment: Agreement
    #: the same where negative is farther from positive than from neutral
    sentiment_ordinal: Agreement
    emotion: Agreement
    #: those who share most texts first
    pairs: tuple[Pair, ...]


def concord(words: Sequence[Word]) -> Concord:
    """Return how far annotators agree; `words` text by text, each annotator at most once in a text."""
    texts = [list(said) for _, said in groupby(words, key=lambda word: word.text_hash)]
    sentiments = _counts(texts, lambda word: word.label, len(SENTIMENTS))
    return Concord(
        texts=len(texts),
        annotators=tuple(sorted({word.annotator for word in words})),
        sentiment=alpha(sentiments),
        sentiment_ordinal=alpha(sentiments, "ordinal"),
        emotion=alpha(_counts(texts, lambda word: word.emotion, len(EMOTIONS))),
        pairs=_pairs(texts),
    )


def _counts(texts: Sequence[Sequence[Word]], coded: Coded, labels: int) -> NDArray[np.int64]:
    counts = np.zeros((len(texts), labels), dtype=np.int64)
    for row, said in enumerate(texts):
        for label in map(coded, said):
            if label is not None:
                counts[row, label] += 1
    return counts


def _pairs(texts: Iterable[Sequence[Word]]) -> tuple[Pair, ...]:
    everything = list(texts)
    frequent = Counter(word.annotator for said in everything for word in said).most_common(MOST_ANNOTATORS)
    shown = {annotator for annotator, _ in frequent}
    tables: defaultdict[tuple[str, str], NDArray[np.int64]] = defaultdict(_table)
    for said in everything:
        ordered = sorted((word for word in said if word.annotator in shown), key=lambda word: word.annotator)
        for one, other in combinations(ordered, 2):
            tables[one.annotator, other.annotator][one.label, other.label] += 1
    found = [Pair(annotators=names, kappa=kappa(table)) for names, table in tables.items()]
    return tuple(sorted(found, key=lambda pair: (-pair.kappa.units, pair.annotators)))


def _table() -> NDArray[np.int64]:
    return np.zeros((len(SENTIMENTS), len(SENTIMENTS)), dtype=np.int64)
