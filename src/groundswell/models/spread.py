"""Reading many texts on all cores: pieces of like length, each on one thread; the answers are those of one call.

Threads within one inference gain less than inferences side by side, and a text's answer is the same in any piece.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

PIECE = 64
"""Texts of one piece: enough for passes of several rows, and soon done when the work is interrupted."""


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(read: Callable[[list[str]], Sequence[T]], texts: Sequence[str], *, threads: int) -> list[T]:
    """Return what `read` returns for all texts, in their order; raises what it raises.

    `read` is called from several threads and answers each text by itself, whatever stands beside it.
    """
    if threads == 1 or len(texts) <= 1:
        return list(read(list(texts)))
    order = sorted(
        range(len(texts)), key=lambda index: -len(texts[index])
    )  # the long ones first: an even end
    size = min(PIECE, -(-len(texts) // threads))
    pieces = [order[at : at + size] for at in range(0, len(order), size)]
    pool = ThreadPoolExecutor(min(threads, len(pieces)), thread_name_prefix="reading")
    try:
        found = list(pool.map(lambda piece: read([texts[index] for index in piece]), pieces))
    finally:
        pool.shutdown(cancel_futures=True)
    answers = {
        index: one
        for piece, ones in zip(pieces, found, strict=True)
        for index, one in zip(piece, ones, strict=True)
    }
    return [answers[index] for index in range(len(texts))]
