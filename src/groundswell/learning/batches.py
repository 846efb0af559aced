"""Batches of texts of like length, so that little of the machine's work is spent on padding."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: How many batches are sorted together: larger pads less, smaller mixes better.
POOL = 64


def bucketed(lengths: Sequence[int], *, rows: int, seed: int) -> list[NDArray[np.int64]]:
    """Return batches of ``rows`` indices of like length, in random order; the same seed gives the same batches."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), rows * POOL):
        pool = order[start : start + rows * POOL]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches.extend(pool[at : at + rows] for at in range(0, len(pool), rows))
    return [batches[i] for i in random.permutation(len(batches))]


def by_token_budget(lengths: Sequence[int], *, budget: int) -> Iterator[NDArray[np.int64]]:
    """Yield batches of indices, longest first, of which none holds more than ``budget`` tokens with its padding."""
    sizes = np.asarray(lengths)
    order = np.argsort(-sizes, kind="stable")
    at = 0
    while at < len(order):
        rows = max(1, budget // max(1, int(sizes[order[at]])))
        yield order[at : at + rows]
        at += rows


def padded(rows: Sequence[Sequence[int]], *, pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (token ids, attention mask), both of shape (rows, longest row)."""
    longest = max(1, *(len(row) for row in rows))
    ids = np.full((len(rows), longest), pad, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask
