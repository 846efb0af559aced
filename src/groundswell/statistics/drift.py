"""Whether what a model is given, what it says, or how often people agree has moved: seven signals, pure functions.

A signal speaks when the whole interval of a shift lies beyond a size that matters, so that neither many posts
(which make every trifle significant) nor few (which make chance look large) raise it. The window is compared with a
baseline of the same stream, read by the same version: posts of an installation always differ from the
texts a model was trained on, and that distance is shown beside, not alarmed on (docs/decisions/0017-drift.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.statistics.adwin import Change, changes
from groundswell.statistics.distance import (
    FACTOR_OF_LENGTH,
    Measured,
    energy,
    jensen_shannon,
    log_lengths,
    mean_difference,
    mean_interval,
    mean_shift,
    psi,
    psi_interval,
)
from groundswell.statistics.exact import difference_interval
from groundswell.statistics.intervals import wilson

Floats = NDArray[np.float64]
Group = Literal["inputs", "outputs", "truth"]
Name = Literal["vectors", "unknown_words", "length", "labels", "low_confidence", "confidence", "agreement"]
State = Literal["beyond", "unsure", "calm", "unknown"]

TAIL = 0.001
"""What each bound of one signal of one look may err by."""
FEWEST_POSTS, FEWEST_LABELS = 100, 30
"""Of fewer nothing is said."""

LARGE_ENERGY = 0.005
"""Energy coefficient: about a quarter of the posts are of another kind (measured on the shipped reference rows)."""
LARGE_PSI = 0.1
"""By custom a moderate shift begins here."""
MORE_UNKNOWN = 0.02
"""As a share of a text's tokens."""
LOW_CONFIDENCE = 0.7
"""A mean confidence under this is low."""
LARGE_CHANGE = 0.03
"""Of the mean confidence."""
LARGE_DROP = 0.05
"""Of the share of labels on which people agree with the model."""


def _empty() -> Floats:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What is known of the posts of a span that one version has read; fallbacks' readings are not among them."""

    #: all posts of the span; the arrays may be samples of them
    posts: int = 0
    #: posts by sentiment, in the order of `SENTIMENTS`
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    #: in the order of time
    confidence: Floats = field(default_factory=_empty)
    #: characters of each text
    lengths: Floats = field(default_factory=_empty)
    #: share of tokens the model does not know, of each text; empty: it cannot be told
    unknown: Floats = field(default_factory=_empty)
    #: shape (posts, width), in no order; empty: none are stored
    vectors: Floats = field(default_factory=lambda: np.empty((0, 0), dtype=np.float64))
    #: of the labels people gave: with how many the model agreed, and how many there are
    agreeing: int = 0
    labelled: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One kind of drift."""

    name: Name
    group: Group
    #: the shift, and the interval it lies in
    value: float
    interval: tuple[float, float]
    #: a shift larger than this matters
    threshold: float
    #: beyond: the whole interval is; unsure: the value is; unknown: there is too little to tell
    state: State
    #: the figure in the baseline and in the window, where it is one
    before: float | None = None
    now: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """All signals of one window against its baseline."""

    posts: int
    baseline_posts: int
    signals: Sequence[Signal]
    #: of the labels, in bits
    jensen_shannon: float | None
    #: distance of the mean vectors, in standard deviations of the baseline
    mean_shift: float | None
    #: the same two against the rows the version was trained on; None: it carries none
    reference_energy: float | None
    reference_mean_shift: float | None
    #: labels people gave in the window, and the share of them the model agreed with, with its 95 % interval
    labelled: int
    agreement: float | None
    agreement_interval: tuple[float, float]

    @property
    def beyond(self) -> int:
        """Signals that are surely beyond what matters."""
        return sum(signal.state == "beyond" for signal in self.signals)

    @property
    def perhaps(self) -> int:
        """Signals that are, surely or perhaps."""
        return sum(signal.state in {"beyond", "unsure"} for signal in self.signals)


def look(baseline: Sample, window: Sample, reference: Floats | None = None) -> Look:
    """Compare a window with its baseline; `reference` are the vectors of the version's training rows."""
    has_vectors = min(len(baseline.vectors), len(window.vectors)) > 0
    has_reference = reference is not None and len(window.vectors) > 0
    far = energy(reference, window.vectors, TAIL).value if has_reference and reference is not None else None
    shift = mean_shift(reference, window.vectors) if has_reference and reference is not None else None
    both = baseline.labels.sum() and window.labels.sum()
    return Look(
        posts=window.posts,
        baseline_posts=baseline.posts,
        signals=signals(baseline, window),
        jensen_shannon=jensen_shannon(baseline.labels, window.labels) if both else None,
        mean_shift=mean_shift(baseline.vectors, window.vectors) if has_vectors else None,
        reference_energy=far,
        reference_mean_shift=shift,
        labelled=window.labelled,
        agreement=window.agreeing / window.labelled if window.labelled else None,
        agreement_interval=wilson(window.agreeing, window.labelled),
    )


def signals(baseline: Sample, window: Sample) -> list[Signal]:
    """Return every signal, in the order of `Name`."""
    return [
        _vectors(baseline, window),
        _unknown(baseline, window),
        _length(baseline, window),
        _labels(baseline, window),
        _low_confidence(baseline, window),
        _confidence(baseline, window),
        _agreement(baseline, window),
    ]


def _vectors(baseline: Sample, window: Sample) -> Signal:
    enough = _enough(baseline.vectors, window.vectors)
    found = energy(baseline.vectors, window.vectors, TAIL) if enough else None
    return _signal("vectors", "inputs", found, LARGE_ENERGY)


def _unknown(baseline: Sample, window: Sample) -> Signal:
    """More words are unknown; fewer is no trouble."""
    found = _difference(baseline.unknown, window.unknown)
    return _signal(
        "unknown_words", "inputs", found, MORE_UNKNOWN, means=_means(baseline.unknown, window.unknown)
    )


def _length(baseline: Sample, window: Sample) -> Signal:
    """Texts are longer or shorter, on the scale of factors."""
    before, now = log_lengths(baseline.lengths), log_lengths(window.lengths)
    means = _means(baseline.lengths, window.lengths)
    return _signal(
        "length", "inputs", _difference(before, now), FACTOR_OF_LENGTH, both_ways=True, means=means
    )


def _labels(baseline: Sample, window: Sample) -> Signal:
    enough = min(int(baseline.labels.sum()), int(window.labels.sum())) >= FEWEST_POSTS
    found = psi_interval(baseline.labels, window.labels, TAIL) if enough else None
    if found is not None:  # what people know by this name is the plain index
        plain = psi(baseline.labels, window.labels)
        found = Measured(value=plain, low=min(plain, found.low), high=max(plain, found.high))
    return _signal("labels", "outputs", found, LARGE_PSI)


def _low_confidence(baseline: Sample, window: Sample) -> Signal:
    """The mean has fallen under what is low; one that always was is a property of the model, and shown."""
    before, now = _means(baseline.confidence, window.confidence)
    if not _enough(baseline.confidence, window.confidence) or before is None or now is None:
        return _signal("low_confidence", "outputs", None, 0.0, means=(before, now))
    mean = mean_interval(window.confidence, TAIL)
    under = Measured(
        value=LOW_CONFIDENCE - mean.value, low=LOW_CONFIDENCE - mean.high, high=LOW_CONFIDENCE - mean.low
    )
    fell = before >= LOW_CONFIDENCE
    return _signal("low_confidence", "outputs", under, 0.0 if fell else 1.0, means=(before, now))


def _confidence(baseline: Sample, window: Sample) -> Signal:
    """ADWIN noticed in the window that the mean moved; its own test stands in for the interval.

    How far is said against the baseline: a slow shift is noticed in many small steps.
    """
    if not _enough(baseline.confidence, window.confidence):
        return _signal("confidence", "outputs", None, LARGE_CHANGE)
    change = newest_change(baseline.confidence, window.confidence)
    moved = change.after - float(baseline.confidence.mean()) if change else 0.0
    found = Measured(value=moved, low=moved, high=moved)
    means = _means(baseline.confidence, window.confidence)
    return _signal("confidence", "outputs", found, LARGE_CHANGE, both_ways=True, means=means)


def newest_change(baseline: Floats, window: Floats) -> Change | None:
    """Return the last change that ADWIN notices while it goes through the window."""
    found = changes(np.concatenate([baseline, window]).tolist())
    return found[-1] if found and found[-1].at > len(baseline) else None


def _agreement(baseline: Sample, window: Sample) -> Signal:
    """People agree less often than they did."""
    if min(baseline.labelled, window.labelled) < FEWEST_LABELS:
        return _signal("agreement", "truth", None, LARGE_DROP)
    now, before = (window.agreeing, window.labelled), (baseline.agreeing, baseline.labelled)
    low, high = difference_interval(now, before, TAIL)
    shares = before[0] / before[1], now[0] / now[1]
    found = Measured(value=shares[0] - shares[1], low=-high, high=-low)
    return _signal("agreement", "truth", found, LARGE_DROP, means=shares)


def _enough(before: Floats, now: Floats) -> bool:
    return min(len(before), len(now)) >= FEWEST_POSTS


def _difference(before: Floats, now: Floats) -> Measured | None:
    return mean_difference(before, now, TAIL) if _enough(before, now) else None


def _means(before: Floats, now: Floats) -> tuple[float | None, float | None]:
    return (float(before.mean()) if len(before) else None, float(now.mean()) if len(now) else None)


def _signal(
    name: Name,
    group: Group,
    found: Measured | None,
    threshold: float,
    *,
    both_ways: bool = False,
    means: tuple[float | None, float | None] = (None, None),
) -> Signal:
    value, low, high = (found.value, found.low, found.high) if found else (0.0, 0.0, 0.0)
    state: State = "unknown"
    if found is not None:
        surely = low > threshold or (both_ways and high < -threshold)
        perhaps = value > threshold or (both_ways and value < -threshold)
        state = "beyond" if surely else "unsure" if perhaps else "calm"
    return Signal(
        name=name,
        group=group,
        value=value,
        interval=(low, high),
        threshold=threshold,
        state=state,
        before=means[0],
        now=means[1],
    )
