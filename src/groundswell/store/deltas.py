"""What one post adds to the rollups, or takes from them: a pure function, summed per row.

A post counts in 2 clocks x 2 grains x (all posts + each of its topics). A fallback's headline
counts as a fallback and as nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CLOCKS: tuple[Literal["ingested"], Literal["created"]] = ("ingested", "created")
GRAINS = (60, 3600)
"""Length of a bucket in seconds, by grain: minute, hour."""
ALL_POSTS = 0
"""The topic under which every post counts."""

COUNTERS = (
    *("n", "negative", "neutral", "positive"),
    *("anger", "disgust", "fear", "joy", "emotion_neutral", "sadness", "surprise"),
    *("fallback", "sum_negative", "sum_neutral", "sum_positive"),
)
"""The counting columns of `rollups`, in their order there."""
_N, _SENTIMENT, _EMOTION, _FALLBACK, _SUMS = 0, 1, 4, 11, 12

Key = tuple[int, int, int, int, str, str, str]
"""Clock, grain, topic, bucket (its start, in seconds of the epoch), source, language, model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What the rollups know of a post; labels are places in the lists of `core.mood`."""

    source: str
    lang: str | None
    model: str
    fallback: bool
    sentiment: int
    emotion: int | None
    #: in units, in the order of the sentiments
    scores: Sequence[int]
    ingested_at: datetime
    created_at: datetime
    topics: Sequence[int] = ()


def keys(post: Counted, topics: Iterable[int]) -> Iterator[Key]:
    """Yield the key of every row in which `post` counts under `topics`."""
    for clock, moment in enumerate((post.ingested_at, post.created_at)):
        second = int(moment.timestamp() // 1)
        for grain, length in enumerate(GRAINS):
            bucket = second - second % length
            for topic in topics:
                yield clock, grain, topic, bucket, post.source, post.lang or "", post.model


def amounts(post: Counted) -> list[tuple[int, int]]:
    """Return what `post` adds to each such row: pairs of a place in `COUNTERS` and an amount."""
    if post.fallback:
        return [(_FALLBACK, 1)]
    labels = [_N, _SENTIMENT + post.sentiment] + ([] if post.emotion is None else [_EMOTION + post.emotion])
    return [*((label, 1) for label in labels), *((_SUMS + i, score) for i, score in enumerate(post.scores))]


class Deltas:
    """A sum of what posts add and take, row by row."""

    def __init__(self) -> None:
        self._rows: dict[Key, list[int]] = {}

    def add(self, post: Counted, sign: Literal[1, -1]) -> None:
        """Count `post` in, or out, everywhere."""
        self._add(post, sign, (ALL_POSTS, *post.topics))

    def add_topics(self, post: Counted) -> None:
        """Count `post`, which is counted already, in under its topics too."""
        self._add(post, 1, post.topics)

    def _add(self, post: Counted, sign: int, topics: Sequence[int]) -> None:
        changes = amounts(post)
        for key in keys(post, topics):
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = [0] * len(COUNTERS)
            for place, amount in changes:
                row[place] += sign * amount

    def rows(self) -> list[tuple[Key, list[int]]]:
        """Return the rows that change, sorted by key: the order in which every writer locks them."""
        return sorted((key, row) for key, row in self._rows.items() if any(row))
