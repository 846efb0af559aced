"""A candidate against production: heads trained on feedback, and both judged on rows neither was fitted on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from groundswell.core.mood import SENTIMENTS
from groundswell.core.text import fingerprint, normalise
from groundswell.learning import snapshots
from groundswell.learning.corpus import Example
from groundswell.learning.gate import Evidence, Rows, Source
from groundswell.learning.rehearsal import Memory
from groundswell.learning.retrain import NOT_SAID, HeadPlan, Lesson, retrained
from groundswell.models.heads import Heads, Stored
from groundswell.models.transformer import TransformerModel
from groundswell.statistics.duplicates import clusters
from groundswell.store.feedback import FeedbackItem
from groundswell.store.training import Place

FOLDS = 5
ENOUGH_HELD_OUT = 50
"""From so many held-out items on they are the evidence; below, each item is read by heads that never saw it."""
STRENGTHS = (0.5, 2.0, 6.0)
"""What one item of feedback may weigh, in rehearsal rows; which, its own folds say."""
_TINY = 1e-12
SHORT, LONG = 50, 140
"""Bounds of the slices by length, in characters."""

Bools = NDArray[np.bool_]
Report = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True)
class School:
    """What a retraining works with."""

    #: the version whose heads it starts at
    root: TransformerModel
    memory: Memory
    champion: Heads
    #: fingerprints of texts that the champion was fitted on
    seen: Collection[bytes] = ()
    plan: HeadPlan = field(default_factory=HeadPlan)
    #: labelled texts to learn from beside the feedback
    given: Sequence[Example] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it."""

    heads: Heads
    #: what the heads were fitted on
    learned: Sequence[FeedbackItem]
    evidence: Evidence
    #: with the weight that was chosen
    plan: HeadPlan


def contest(
    school: School,
    items: Sequence[FeedbackItem],
    places: Mapping[UUID, Place],
    report: Report,
    *,
    stored: Stored | None = None,
) -> Outcome:
    """Train heads on the items, and read with them and with production what neither was fitted on.

    `stored` are the vectors of the items, in their order, where somebody has made them already.
    """
    report(0.1, f"encoding {len(items):,} items of feedback")
    lesson = lesson_of(school.root, [(item.content, item.label, item.emotion) for item in items], stored)
    rest = lesson_of(school.root, [_given(example) for example in school.given])
    fresh = np.array([fingerprint(item.content) not in school.seen for item in items], dtype=bool)
    held = np.array([item.held_out for item in items], dtype=bool)
    apart = int((held & fresh).sum()) >= ENOUGH_HELD_OUT
    learn = to_learn_from(items) if apart else np.ones(len(items), dtype=bool)
    judged = held & fresh if apart else fresh
    plan, answers = _strength(school, items, (lesson, rest), learn, report, all_folds=not apart)
    report(
        0.6, f"training on {int(learn.sum()):,} items and {len(rest):,} given texts, weight {plan.weight:g}"
    )
    heads = retrained(school.root.heads, school.memory, joined(lesson.rows(learn), rest), plan)
    if apart:
        answers = labels(heads, lesson.stored)
    report(0.8, f"judging on {len(school.memory.gate_sentiment):,} base rows, {int(judged.sum()):,} items")
    source: Source = ("held_out" if apart else "out_of_fold") if judged.any() else "none"
    evidence = Evidence(
        base=_base(school, heads),
        feedback=_answers(lesson, answers, school.champion).some(judged),
        source=source,
        slices=slices_of([item for item, is_judged in zip(items, judged, strict=True) if is_judged], places),
        contradicting=_contradicting(lesson, school.champion),
        labels=len(items),
    )
    learned = [item for item, used in zip(items, learn, strict=True) if used]
    return Outcome(heads=heads, learned=learned, evidence=evidence, plan=plan)


def lesson_of(
    model: TransformerModel, said: Sequence[tuple[str, int, int | None]], stored: Stored | None = None
) -> Lesson:
    """Return (text, sentiment, emotion or None) as heads see it."""
    if stored is None:
        stored = model.embed([normalise(text) for text, _, _ in said])
    return Lesson(
        stored=stored,
        sentiment=np.array([sentiment for _, sentiment, _ in said], dtype=np.int64),
        emotion=np.array([NOT_SAID if emotion is None else emotion for *_, emotion in said], dtype=np.int64),
    )


def joined(first: Lesson, second: Lesson) -> Lesson:
    """Return both, one after the other."""
    if not len(first) or not len(second):
        return first if len(first) else second
    stored = Stored(
        values=np.concatenate([first.stored.values, second.stored.values]),
        scales=np.concatenate([first.stored.scales, second.stored.scales]),
    )
    return Lesson(
        stored=stored,
        sentiment=np.concatenate([first.sentiment, second.sentiment]),
        emotion=np.concatenate([first.emotion, second.emotion]),
    )


def labels(heads: Heads, stored: Stored) -> NDArray[np.int64]:
    """Return the sentiment read in each row, as its place in `SENTIMENTS`."""
    if not len(stored):
        return np.empty(0, dtype=np.int64)
    read: NDArray[np.int64] = heads.sentiment_scores(stored).argmax(axis=1).astype(np.int64)
    return read


def _given(example: Example) -> tuple[str, int, None]:
    return example.original, [str(label) for label in SENTIMENTS].index(example.labels[0]), None


def to_learn_from(items: Sequence[FeedbackItem]) -> Bools:
    """Tell what may be trained on: not held out, and not nearly the same as anything that is."""
    leaking = {item.id for item in snapshots.leaks(items)}
    return np.array([not item.held_out and item.id not in leaking for item in items], dtype=bool)


def _strength(
    school: School,
    items: Sequence[FeedbackItem],
    lessons: tuple[Lesson, Lesson],
    learn: Bools,
    report: Report,
    *,
    all_folds: bool,
) -> tuple[HeadPlan, NDArray[np.int64]]:
    """Choose how much feedback weighs, and return what heads read out of fold that learned with that weight.

    The weight is the one whose heads are the least surprised by feedback they never saw (log loss): consistent
    corrections earn a large one, single opinions on ordinary texts a small one. No gate row takes part in it.
    """
    lesson, rest = lessons
    fold = folds(items)
    best, plan, read = np.inf, school.plan, np.zeros(len(items), dtype=np.int64)
    for number, weight in enumerate(STRENGTHS if learn.any() else ()):
        report(0.2 + 0.1 * number, f"how well does weight {weight:g} read what it has not seen?")
        tried = replace(school.plan, weight=weight)
        scores = np.full((len(items), len(SENTIMENTS)), np.nan)
        for one in range(FOLDS if all_folds else 1):
            asked = (fold == one) & learn
            if asked.any():
                known = joined(lesson.rows((fold != one) & learn), rest)
                heads = retrained(school.root.heads, school.memory, known, tried)
                scores[asked] = heads.sentiment_scores(lesson.rows(asked).stored)
        loss = float(np.nanmean(-np.log(scores[np.arange(len(items)), lesson.sentiment] + _TINY)))
        if loss < best:
            best, plan = loss, tried
            read = np.nan_to_num(scores).argmax(axis=1).astype(np.int64)
    return plan, read


def folds(items: Sequence[FeedbackItem]) -> NDArray[np.int64]:
    """Return each item's fold: near-duplicates share one, and the same items always fall the same way."""
    prints = [fingerprint(item.content) for item in items]
    order = sorted(range(len(items)), key=lambda at: prints[at])
    groups = clusters([items[at].content for at in order])
    place = {group: number % FOLDS for number, group in enumerate(sorted(set(groups)))}
    found = np.zeros(len(items), dtype=np.int64)
    found[order] = [place[group] for group in groups]
    return found


def _base(school: School, heads: Heads) -> Rows:
    gate = school.memory.gate_sentiment
    return Rows(
        truth=gate.labels, candidate=labels(heads, gate.stored), champion=labels(school.champion, gate.stored)
    )


def _answers(lesson: Lesson, answers: NDArray[np.int64], champion: Heads) -> Rows:
    return Rows(truth=lesson.sentiment, candidate=answers, champion=labels(champion, lesson.stored))


def _contradicting(lesson: Lesson, champion: Heads) -> int:
    """Count labels that say the opposite of what production reads."""
    if not len(lesson):
        return 0
    opposite = len(SENTIMENTS) - 1 - lesson.sentiment
    return int(((labels(champion, lesson.stored) == opposite) & (opposite != lesson.sentiment)).sum())


def slices_of(items: Sequence[FeedbackItem], places: Mapping[UUID, Place]) -> dict[str, Bools]:
    """Return the rows of each slice: by label, length, and where a post is known its source, language, topics."""
    names: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        for name in slice_names(item, places.get(item.post) if item.post else None):
            names.setdefault(name, []).append(row)
    found: dict[str, Bools] = {}
    for name, rows in sorted(names.items()):
        found[name] = np.zeros(len(items), dtype=bool)
        found[name][rows] = True
    return found


def slice_names(item: FeedbackItem, place: Place | None) -> list[str]:
    """Return the names of the slices an item belongs to."""
    size = len(item.content)
    length = "short" if size <= SHORT else "long" if size > LONG else "medium"
    names = [SENTIMENTS[item.label], f"length {length}"]
    if place:
        names += [f"source {place.source}", f"language {place.lang or 'unknown'}"]
        names += [f"topic {topic}" for topic in place.topics]
    return names
