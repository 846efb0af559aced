"""Why two spans differ: terms, an exact split of the change, copies, voices, and posts that show it.

Every figure comes from stored posts, and the same posts give the same figures: `groundswell alerts
why` computes them again. No model is asked.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any
from uuid import UUID

from groundswell.alerts.terms import terms
from groundswell.statistics.contrast import Part, log_odds_z, split
from groundswell.statistics.duplicates import clusters
from groundswell.statistics.intervals import wilson
from groundswell.views.contrast import DIMENSIONS, MOST_TEXTS, Dimension, Parts, Span, Text, parts, texts
from groundswell.views.filters import Filters

MOST_TERMS, MOST_POSTS = 10, 5
FEWEST_USES = 3
"""A term that fewer posts use explains no movement, and may be somebody's own."""
SIGNIFICANT = 1.96
"""The z-score from which a term is listed: 5 % two-sided, as in Monroe et al."""
FLOOR = 0.01
"""Pseudo-count of the rarest term, so that no term of either window has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which two spans to compare, of which posts, and by the share of which label."""

    now: Span
    before: Span
    filters: Filters
    label: str
    #: whether terms, copies, voices and posts are of all posts, and not of those the share moved by
    of_all: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """One span as a whole."""

    span: Span
    n: int
    hits: int

    @property
    def share(self) -> float | None:
        """The share of posts with the label; None of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of `share`."""
        return wilson(self.hits, self.n)


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A term over-represented now."""

    term: str
    z: float
    #: posts that use it
    count: int
    baseline_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one group adds to the change."""

    name: str
    effect: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """The change along one dimension; all effects of `mix` and `rate` together are the change."""

    mix: tuple[Share, ...]
    rate: tuple[Share, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why the share of a label moved between two spans."""

    now: Whole
    before: Whole
    #: None where one of the spans is empty
    change: float | None
    #: of the posts that made it move: those with the label where its share rose, the others where it
    #: fell (or all); where the baseline has none of them, against the rest of the window
    terms: tuple[Term, ...]
    splits: dict[Dimension, Split]
    #: share of those posts that nearly copy an earlier one of them
    near_duplicate_share: float
    #: different authors among them; posts without an author count for none
    distinct_authors: int
    #: the posts that show it best, by their ids
    posts: tuple[UUID, ...]
    #: True: so many posts that texts were read from a random sample (counts and splits never are)
    sampled: bool


def explain(connection: Any, question: Question) -> Explanation:
    """Compare the two spans of `question`."""
    now, before = question.now, question.before
    parts_now = parts(connection, now, question.filters, question.label)
    parts_before = parts(connection, before, question.filters, question.label)
    texts_now = texts(connection, now, question.filters, question.label)
    texts_before = texts(connection, before, question.filters, question.label)
    whole_now, whole_before = whole(parts_now, now), whole(parts_before, before)
    change = _change(whole_now, whole_before)
    rose = change is None or change >= 0
    focus = [text for text in texts_now if question.of_all or text.hit is rose]
    baseline = [text for text in texts_before if question.of_all or text.hit is rose] or [
        text for text in texts_now if not question.of_all and text.hit is not rose
    ]
    used = [terms(text.content) for text in focus]
    found = over_represented(
        used, [terms(text.content) for text in baseline], _everything(texts_now, texts_before)
    )
    copies = clusters([text.content for text in focus])
    return Explanation(
        now=whole_now,
        before=whole_before,
        change=change,
        terms=tuple(found),
        splits={dimension: _split(parts_now, parts_before, dimension) for dimension in DIMENSIONS},
        near_duplicate_share=1 - len(set(copies)) / len(copies) if copies else 0.0,
        distinct_authors=len({text.author for text in focus} - {None}),
        posts=_best(focus, used, copies, found),
        sampled=max(len(texts_now), len(texts_before)) >= MOST_TEXTS,
    )


def whole(found: Parts, span: Span) -> Whole:
    """Return a span as a whole, from its parts."""
    groups = found["source"].values()
    return Whole(span=span, n=sum(part.n for part in groups), hits=sum(part.hits for part in groups))


def over_represented(
    now: Sequence[set[str]], before: Sequence[set[str]], everything: Iterable[set[str]]
) -> list[Term]:
    """Return the terms that posts `now` use more than those `before`, the most telling first.

    A post counts a term once, however often it repeats it. The prior is what is said here anyway:
    the posts of both spans, of every mood, with as many pseudo-counts in all as `now` has counts.
    """
    counts, baseline, background = _count(now), _count(before), _count(everything)
    whole_prior = sum(background.values())
    weight = sum(counts.values()) / whole_prior if whole_prior else 0.0
    prior = {term: max(FLOOR, weight * uses) for term, uses in background.items()}
    z = log_odds_z(counts, baseline, prior)
    ranked = sorted(
        (term for term in counts if counts[term] >= FEWEST_USES and z[term] >= SIGNIFICANT),
        key=lambda term: (-z[term], term),
    )
    kept = [term for term in ranked if not _is_part(term, z)]
    return [
        Term(term=term, z=z[term], count=counts[term], baseline_count=baseline[term])
        for term in kept[:MOST_TERMS]
    ]


def _is_part(term: str, z: dict[str, float]) -> bool:
    """Tell whether a pair says no more than one of its words does alone."""
    return " " in term and z[term] <= max(z.get(word, 0.0) for word in term.split())


def _count(posts: Iterable[set[str]]) -> Counter[str]:
    return Counter(term for used in posts for term in used)


def _everything(*spans: Sequence[Text]) -> Iterable[set[str]]:
    return (terms(text.content) for span in spans for text in span)


def _change(now: Whole, before: Whole) -> float | None:
    return None if now.share is None or before.share is None else now.share - before.share


def _split(now: Parts, before: Parts, dimension: Dimension) -> Split:
    effects = sorted(split(now[dimension], before[dimension]), key=lambda e: (-abs(e.mix + e.rate), e.group))
    return Split(
        mix=tuple(Share(name=effect.group, effect=effect.mix) for effect in effects),
        rate=tuple(Share(name=effect.group, effect=effect.rate) for effect in effects),
    )


def _best(
    focus: Sequence[Text], used: Sequence[set[str]], copies: Sequence[int], found: Sequence[Term]
) -> tuple[UUID, ...]:
    """Return the posts with most of the telling terms for their length; no copies, one of an author."""
    weights = {term.term: term.z for term in found}
    places = sorted(
        (place for place in range(len(focus)) if copies[place] == place),
        key=lambda place: (
            -sum(weights.get(term, 0.0) for term in used[place]) / sqrt(len(used[place]) + 4),
            focus[place].id,
        ),
    )
    chosen: list[UUID] = []
    authors: set[str] = set()
    for text in (focus[place] for place in places):
        if text.author not in authors:
            chosen.append(text.id)
        authors.update([text.author] if text.author else [])
        if len(chosen) == MOST_POSTS:
            break
    return tuple(chosen)


__all__ = [
    "Explanation",
    "Part",
    "Question",
    "Share",
    "Split",
    "Term",
    "Whole",
    "explain",
    "over_represented",
    "whole",
]
