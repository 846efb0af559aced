"""Simulated streams: posts at a steady rate whose vectors, labels, confidence, words and lengths may shift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from groundswell.statistics.drift import Look, Sample, look

Floats = NDArray[np.float64]
WIDTH = 24
AN_HOUR = 60
"""Posts an hour: the rate for which false alarms and delays are stated."""
DAY, WEEK = 24, 7 * 24
SAMPLED = 400


@dataclass(frozen=True, kw_only=True)
class Mood:
    """What a stream is like."""

    negative: float = 0.3
    positive: float = 0.3
    confidence: float = 0.82
    unknown: float = 0.01
    length: float = 90.0
    #: share of the posts that are of another kind
    other: float = 0.0
    #: how often people agree
    right: float = 0.9


CALM = Mood()


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Posts hour by hour."""

    vectors: Floats
    labels: NDArray[np.int64]
    confidence: Floats
    lengths: Floats
    unknown: Floats
    right: NDArray[np.bool_]

    def between(self, start: int, end: int, seed: int) -> Sample:
        """Return what is known of some hours."""
        rows = slice(start * AN_HOUR, end * AN_HOUR)
        posts = (end - start) * AN_HOUR
        some = np.random.default_rng(seed).choice(posts, min(posts, SAMPLED), replace=False) + rows.start
        answered = self.right[rows][::20]  # one post in twenty is labelled
        return Sample(
            posts=posts,
            labels=np.bincount(self.labels[rows], minlength=3),
            confidence=self.confidence[rows],
            lengths=self.lengths[some],
            unknown=self.unknown[some],
            vectors=self.vectors[some],
            agreeing=int(answered.sum()),
            labelled=len(answered),
        )


def stream(hours: int, seed: int, *, shift: Mood = CALM, begins: int = 0, takes: int = 0) -> Stream:
    """Return a calm stream that shifts at an hour, at once or over `takes` hours."""
    random = np.random.default_rng(seed)
    n = hours * AN_HOUR
    since = np.arange(n) / AN_HOUR - begins
    share = np.clip(since / takes, 0, 1) if takes else (since >= 0).astype(np.float64)

    def of(name: str) -> Floats:
        before, after = getattr(CALM, name), getattr(shift, name)
        return np.asarray(before + share * (after - before))

    drawn = random.random(n)
    negative, positive = of("negative"), of("positive")
    confidence = of("confidence")
    is_other = random.random(n) < of("other")
    vectors = random.standard_normal((n, WIDTH))
    vectors[is_other, 0] += 3.0
    return Stream(
        vectors=vectors,
        labels=np.where(drawn < negative, 0, np.where(drawn < negative + positive, 2, 1)),
        confidence=random.beta(12 * confidence, 12 * (1 - confidence)),
        lengths=random.lognormal(np.log(of("length")), 0.6),
        unknown=random.binomial(20, of("unknown")) / 20,
        right=random.random(n) < of("right"),
    )


def looks(found: Stream, hours: range) -> Iterator[tuple[int, Look]]:
    """Yield the look at each hour: the day up to it against the week before that day."""
    for hour in hours:
        window = found.between(hour - DAY, hour, seed=hour)
        baseline = found.between(hour - DAY - WEEK, hour - DAY, seed=hour + 10_000)
        yield hour, look(baseline, window)


def first_alarm(found: Stream, hours: range) -> tuple[int, list[str]] | None:
    """Return the hour of the first look with a signal that is surely beyond, and which ones are."""
    for hour, seen in looks(found, hours):
        if seen.beyond:
            return hour, [signal.name for signal in seen.signals if signal.state == "beyond"]
    return None


SHIFTS: dict[str, Mood] = {
    "vectors": replace(CALM, other=0.8),
    "unknown_words": replace(CALM, unknown=0.06),
    "length": replace(CALM, length=160.0),
    "labels": replace(CALM, negative=0.55, positive=0.15),
    "low_confidence": replace(CALM, confidence=0.62),
    "confidence": replace(CALM, confidence=0.74),
    "agreement": replace(CALM, right=0.6),
}
