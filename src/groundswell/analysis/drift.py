"""Looks whether what a version is given, says, or is told by people has moved; rules and reports read what it saw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.analysis.versions import Versions
from groundswell.core.clock import Clock
from groundswell.core.errors import BadArtefact, NotFound
from groundswell.core.mood import SCORE_UNIT, Vector
from groundswell.models.heads import from_vectors
from groundswell.models.load import heads_of
from groundswell.models.vocabulary import UnknownShares, plain, reference_vectors, unknown_shares
from groundswell.observe import Metrics, logger
from groundswell.statistics.drift import Look, Sample, look
from groundswell.store import alert_rules, drift_looks, topics
from groundswell.store.database import Database
from groundswell.store.drift_looks import Kept, Kind
from groundswell.views.drift import Sampled, agreement, labels, query_of, reading_now, sample
from groundswell.views.filters import Filters, floor

Floats = NDArray[np.float64]

WINDOW_POSTS, BASELINE_POSTS, VECTORS = 1_000, 2_000, 1_000
"""Most posts of each sample, and of them those whose words and vectors are compared."""
EVERY = timedelta(minutes=15)
KEEP = timedelta(days=90)
MOST_TOPICS, MOST_RULES = 20, 500

log = logger("analysis")


@dataclass(frozen=True, kw_only=True)
class _Knowledge:
    """What a version's files say, as far as drift is concerned."""

    encoder: str = ""
    unknown: UnknownShares | None = None
    reference: Floats | None = None


class Drift:
    """Looks at drift, of any version and any posts."""

    def __init__(
        self, database: Database, versions: Versions, clock: Clock, metrics: Metrics | None = None
    ) -> None:
        self._database, self._versions, self._clock, self._metrics = database, versions, clock, metrics
        self._known: dict[str, _Knowledge] = {}

    def look(self, model: str, kind: Kind, end: datetime) -> Look:
        """Compare the window up to `end` with its baseline, as `model` (`key@version`) read both."""
        start = end - timedelta(minutes=kind.window_minutes)
        before = start - timedelta(minutes=kind.baseline_minutes)
        known = self._knowledge(model)
        baseline = self._sample(model, kind, known, (before, start), BASELINE_POSTS)
        window = self._sample(model, kind, known, (start, end), WINDOW_POSTS)
        return look(baseline, window, known.reference)

    def tick(self) -> int:
        """Take the looks that are due, every `EVERY`, and return how many; raises `StoreUnavailable`."""
        at, taken = floor(self._clock.now(), EVERY), 0
        with self._database.reading() as connection:
            model = reading_now(connection)
            kinds = dict.fromkeys(_kinds(connection))
        for kind in kinds if model else ():
            taken += self._take(str(model), kind, at)
        if taken:
            with self._database.transaction() as connection:
                drift_looks.prune(connection, at - KEEP)
        return taken

    def _take(self, model: str, kind: Kind, at: datetime) -> bool:
        with self._database.reading() as connection:
            if drift_looks.newest(connection, kind, model, since=at):
                return False
        found = self.look(model, kind, at)
        with self._database.transaction() as connection:
            drift_looks.add(connection, kind, Kept(model=model, at=at, figures=figures(found)))
        self._measure(model, kind, found)
        return True

    def _measure(self, model: str, kind: Kind, found: Look) -> None:
        if self._metrics is None or kind != Kind(topic=kind.topic):
            return  # rules of their own have alerts of their own
        about = {"model": model, "topic": str(kind.topic or "")}
        self._metrics.set("groundswell_drift_signals", found.beyond, **about)
        for signal in found.signals:
            self._metrics.set("groundswell_drift", signal.value, signal=signal.name, **about)
        if found.agreement is not None:
            self._metrics.set("groundswell_agreement", found.agreement, **about)

    def _sample(
        self, model: str, kind: Kind, known: _Knowledge, span: tuple[datetime, datetime], limit: int
    ) -> Sample:
        filters = Filters(source=kind.source, topic=kind.topic, lang=kind.lang, model=model)
        query = query_of(filters, *span)
        with self._database.reading() as connection:
            counts = labels(connection, query)
            posts = sample(connection, query, encoder=known.encoder, limit=limit)
            agreeing, labelled = agreement(connection, query)
        some = posts[:VECTORS]
        return Sample(
            posts=sum(counts),
            labels=np.array(counts, dtype=np.int64),
            confidence=_confidence(posts),
            lengths=np.array([len(post.content) for post in some], dtype=np.float64),
            unknown=known.unknown([post.content for post in some]) if known.unknown and some else _nothing(),
            vectors=_vectors(some, known.encoder),
            agreeing=agreeing,
            labelled=labelled,
        )

    def _knowledge(self, model: str) -> _Knowledge:
        """Return what the files of a version say; one that has none here is looked at without."""
        if model not in self._known:
            try:
                artefact = self._versions.files(model)
            except (NotFound, BadArtefact):
                return _Knowledge()
            heads = heads_of(artefact)
            rows = reference_vectors(artefact)
            step = max(1, len(rows) // VECTORS) if rows is not None else 1
            self._known[model] = _Knowledge(
                encoder=heads[1] if heads else "",
                unknown=unknown_shares(artefact),
                reference=None if rows is None else rows[::step][:VECTORS],
            )
        return self._known[model]


def _kinds(connection: Any) -> Iterator[Kind]:
    """Yield what is looked at: all posts, each topic, and what the rules about drift ask for."""
    yield Kind()
    for topic in topics.current(connection).topics[:MOST_TOPICS]:
        yield Kind(topic=topic.id)
    for row in alert_rules.rows(connection, limit=MOST_RULES, offset=0)[0]:
        rule = row.rule
        if rule.type == "drift" and rule.enabled:
            yield Kind(
                topic=rule.topic,
                source=rule.source,
                lang=rule.lang,
                window_minutes=rule.window_minutes,
                baseline_minutes=rule.baseline_minutes,
            )


def _nothing() -> Floats:
    return np.empty(0, dtype=np.float64)


def _confidence(posts: Sequence[Sampled]) -> Floats:
    ordered = sorted(posts, key=lambda post: post.moment)
    return np.array([max(post.scores) / SCORE_UNIT for post in ordered], dtype=np.float64)


def _vectors(posts: Sequence[Sampled], encoder: str) -> Floats:
    found = [
        Vector(encoder=encoder, values=post.values, scale=post.scale or 0.0) for post in posts if post.values
    ]
    return plain(from_vectors(found)) if found else np.empty((0, 0), dtype=np.float64)


def figures(found: Look) -> Mapping[str, Any]:
    """Return a look as JSON."""
    return {**asdict(found), "beyond": found.beyond, "perhaps": found.perhaps}
