"""How the mood of each subject of the synthetic source drifts and bursts: pure functions of seed and beat.

A beat is ten seconds at the nominal rate. Drift is value noise (smoothed random numbers on a
lattice); a burst is news that comes at once and fades by half every `HALF_LIFE` beats.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from groundswell.core.mood import Sentiment
from groundswell.sources.synthetic_words import SUBJECTS, Subject

DRIFT_BEATS = 60
DRIFT_SIZE = 0.5
WINDOW_BEATS = 120
"""A subject has at most one burst in so many beats (twenty minutes at the nominal rate)."""

BURST_CHANCE = 0.4
HALF_LIFE = 15.0
CROWD = 5.0
"""How many times as many posts as usual a full burst adds to its subject."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Burst:
    """News about a subject."""

    start: int
    good: bool
    strength: float
    news: str

    def at(self, beat: int) -> float:
        """Return how much of it is left at `beat`, from 0 to its strength."""
        age = beat - self.start
        return self.strength * 0.5 ** (age / HALF_LIFE) if age >= 0 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mood:
    """How people feel about a subject at one beat."""

    subject: Subject
    #: from about -1.5 to 1.5
    valence: float
    #: how many posts there are about it, relative
    weight: float
    #: the news they talk about, and how much
    burst: Burst | None
    excitement: float

    @property
    def sentiments(self) -> dict[Sentiment, float]:
        """Relative frequencies."""
        return {
            "negative": math.exp(-1.7 * self.valence),
            "neutral": 1.1,
            "positive": math.exp(1.7 * self.valence),
        }


@lru_cache(maxsize=256)
def moods(seed: int, beat: int) -> tuple[Mood, ...]:
    """Return the mood of every subject at `beat`."""
    return tuple(_mood(seed, subject, beat) for subject in SUBJECTS)


def _mood(seed: int, subject: Subject, beat: int) -> Mood:
    window = beat // WINDOW_BEATS
    recent = [burst for w in (window - 1, window) if (burst := _burst(seed, subject, w))]
    burst = max(recent, key=lambda b: b.at(beat), default=None)
    excitement = burst.at(beat) if burst else 0.0
    push = excitement * 1.4 * (1 if burst and burst.good else -1)
    return Mood(
        subject=subject,
        valence=subject.temper + DRIFT_SIZE * _drift(seed, subject, beat) + push,
        weight=subject.weight * (1 + CROWD * excitement),
        burst=burst,
        excitement=excitement,
    )


def _burst(seed: int, subject: Subject, window: int) -> Burst | None:
    dice = Random(f"{seed} burst {subject.name} {window}")
    if window < 0 or dice.random() > BURST_CHANCE:
        return None
    good = dice.random() < 0.5
    return Burst(
        start=window * WINDOW_BEATS + dice.randrange(WINDOW_BEATS),
        good=good,
        strength=dice.uniform(0.5, 1.0),
        news=dice.choice(subject.good_news if good else subject.bad_news),
    )


def _drift(seed: int, subject: Subject, beat: int) -> float:
    """Return smooth noise between -1 and 1."""
    cell, inside = divmod(beat, DRIFT_BEATS)
    left, right = (Random(f"{seed} drift {subject.name} {c}").uniform(-1, 1) for c in (cell, cell + 1))
    x = inside / DRIFT_BEATS
    return left + (right - left) * x * x * (3 - 2 * x)
