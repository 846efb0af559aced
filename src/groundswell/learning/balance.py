"""Reading rare sentiments as often as frequent ones: a shift of the head's bias (Menon et al. 2021)."""

from collections.abc import Sequence

import numpy as np

from groundswell.learning.corpus import Example
from groundswell.learning.material import LABELS
from groundswell.learning.tfidf import sentiment_labels
from groundswell.learning.weights import Floats


def frequencies(examples: Sequence[Example]) -> Floats:
    """Return the share of each sentiment among labelled texts, in the order of `SENTIMENTS`."""
    counts = np.bincount(sentiment_labels(examples), minlength=len(LABELS["sentiment"]))
    shares: Floats = (counts / counts.sum()).astype(np.float32)
    return shares


def balanced(bias: Floats, frequencies: Floats, temperature: float, balance: float) -> Floats:
    """Return the bias with which a head's calibrated scores are divided by the frequencies to the power `balance`."""
    moved: Floats = np.asarray(bias - balance * temperature * np.log(frequencies), dtype=np.float32)
    return moved
