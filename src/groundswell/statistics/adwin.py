"""ADWIN: notices that the mean of a stream has changed, without being told how far back to look.

A. Bifet and R. Gavalda, "Learning from Time-Changing Data with Adaptive Windowing", SDM 2007: ADWIN2, with
its exponential histogram and the variance-sensitive bound of section 3.2. The window keeps the newest values; whenever
two parts of it have means that differ by more than chance allows, the older part is dropped, and that is a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, sqrt

DELTA = 0.002
"""Confidence of one look of the window at itself, as in the paper's experiments."""
MOST_BUCKETS = 5
"""Buckets of one size, before two of them become one of twice the size."""
LOOK_EVERY = 32
"""Values between two looks: the window need not be tested after each."""
FEWEST = 5
"""Values on each side of a cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The mean of a stream changed."""

    #: how many values had come when it was noticed
    at: int
    #: how many of them, the newest, belong to the new mean
    since: int
    before: float
    after: float


@dataclass(slots=True)
class _Bucket:
    """Values as a sum: their number, mean, and the sum of squared deviations from it."""

    n: int
    mean: float
    squares: float

    def joined(self, other: "_Bucket") -> "_Bucket":
        """Return both as one (Chan, Golub and LeVeque 1979)."""
        n = self.n + other.n
        gap = other.mean - self.mean
        mean = self.mean + gap * other.n / n
        return _Bucket(n, mean, self.squares + other.squares + gap * gap * self.n * other.n / n)


_NOTHING = _Bucket(0, 0.0, 0.0)


class Adwin:
    """A window over values in [0, 1], as long as their mean has stayed the same."""

    def __init__(self, delta: float = DELTA) -> None:
        self._delta = delta
        #: oldest first; their sizes are powers of two and never grow
        self._buckets: list[_Bucket] = []
        self.seen = 0

    @property
    def width(self) -> int:
        """Values in the window."""
        return sum(bucket.n for bucket in self._buckets)

    @property
    def mean(self) -> float:
        """Mean of the window; 0 of nothing."""
        return _whole(self._buckets).mean

    def add(self, value: float) -> Change | None:
        """Take a value; return the change that it shows, if it shows one."""
        self.seen += 1
        self._buckets.append(_Bucket(1, value, 0.0))
        self._compress()
        return self._cut() if self.seen % LOOK_EVERY == 0 else None

    def _compress(self) -> None:
        """Join the two oldest buckets of a size when there are too many of it."""
        end = len(self._buckets)
        while end:
            size = self._buckets[end - 1].n
            start = end
            while start and self._buckets[start - 1].n == size:
                start -= 1
            if end - start <= MOST_BUCKETS:
                return
            self._buckets[start : start + 2] = [self._buckets[start].joined(self._buckets[start + 1])]
            end = start + 1

    def _cut(self) -> Change | None:
        """Drop old buckets while some cut shows two means; return the last cut."""
        found = None
        while (place := self._place()) is not None:
            old, new = _whole(self._buckets[:place]), _whole(self._buckets[place:])
            found = Change(
                at=self.seen, since=new.n, before=found.before if found else old.mean, after=new.mean
            )
            del self._buckets[:place]
        return found

    def _place(self) -> int | None:
        whole = _whole(self._buckets)
        if whole.n < 2 * FEWEST:
            return None
        variance, confidence = whole.squares / whole.n, log(2 * log(whole.n) / self._delta)
        old = _NOTHING
        for place, bucket in enumerate(self._buckets[:-1], start=1):
            old = old.joined(bucket) if old.n else bucket
            rest = whole.n - old.n
            if old.n < FEWEST or rest < FEWEST:
                continue
            new_mean = (whole.mean * whole.n - old.mean * old.n) / rest
            if abs(old.mean - new_mean) > _bound(old.n, rest, variance, confidence):
                return place
        return None


def _bound(old: int, new: int, variance: float, confidence: float) -> float:
    """Return the largest difference of two means that chance explains."""
    harmonic = 1.0 / (1.0 / old + 1.0 / new)
    return sqrt(2.0 / harmonic * variance * confidence) + 2.0 / (3.0 * harmonic) * confidence


def _whole(buckets: Iterable[_Bucket]) -> _Bucket:
    whole = _NOTHING
    for bucket in buckets:
        whole = whole.joined(bucket) if whole.n else bucket
    return whole


def changes(values: Iterable[float], delta: float = DELTA) -> list[Change]:
    """Return every change of a stream."""
    window = Adwin(delta)
    return [change for value in values if (change := window.add(float(value))) is not None]
