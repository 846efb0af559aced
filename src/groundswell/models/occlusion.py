"""Explaining an answer by leaving words out: what the model says without a word tells what the word was worth.

Source: J. Li, W. Monroe and D. Jurafsky, "Understanding Neural Networks through Representation Erasure", 2016.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import Attribution
from groundswell.core.text import NormalText

MOST_WORDS = 128
"""Words explained at most; a longer text is explained up to here, which bounds the work of one request."""

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*|[^\w\s]+")
_TINY = 1e-9

Span = tuple[int, int]


def occlusions(text: str) -> tuple[list[Span], list[str]]:
    """Return the spans of the words of a normalised text, and the text without each of them in turn."""
    spans = [match.span() for match in _WORD.finditer(text)][:MOST_WORDS]
    return spans, [f"{text[:start]} {text[end:]}" for start, end in spans]


def attributions(
    text: str, normal: NormalText, spans: Sequence[Span], scores: NDArray[np.float64]
) -> list[Attribution]:
    """Return one attribution a word; `scores` holds the whole text's scores, then those without each word.

    The weight is the fall of the answer's log-odds, so that words count alike near 0.5 and near 1. Words that came
    from one piece of the original (an emoji's name) are one attribution, with their weights added.
    """
    label = int(scores[0].argmax())
    odds = np.log(np.maximum(scores[:, label], _TINY)) - np.log(np.maximum(1 - scores[:, label], _TINY))
    merged: dict[Span, float] = {}
    for span, fall in zip(spans, odds[0] - odds[1:], strict=True):
        original = normal.original(*span)
        merged[original] = merged.get(original, 0.0) + float(fall)
    return [
        Attribution(token=text[start:end], start=start, end=end, weight=weight)
        for (start, end), weight in merged.items()
    ]
