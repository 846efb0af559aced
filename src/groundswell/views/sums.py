"""Exact sums of a window's rollups: what distribution and timeline are made of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from psycopg import Connection

from groundswell.core.mood import EMOTIONS, SCORE_UNIT, SENTIMENTS, Emotion, Sentiment
from groundswell.store.deltas import ALL_POSTS, CLOCKS
from groundswell.store.reanalyses import has_apart
from groundswell.store.statements import load
from groundswell.views.filters import Filters, Period, Window

SQL = load("groundswell.views", "sums")

MeanScores = dict[Sentiment, float | None]


class Sums(NamedTuple):
    """Counts of headline readings; those a fallback made are counted apart and nowhere else.

    A tuple, in the order of the columns of `window_sums`: a day has 1,440 of them.
    """

    total: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    #: posts by their largest emotion, in the order of `EMOTIONS`; all 0 where no model reads emotions
    emotions: Sequence[int] = (0,) * len(EMOTIONS)
    fallback_count: int = 0
    #: sums of scores in stored units, in the order of `SENTIMENTS`
    score_units: Sequence[int] = (0, 0, 0)
    #: `key@version` of every model that read at least one of the posts, sorted
    model_versions: Sequence[str] = ()

    def count(self, sentiment: Sentiment) -> int:
        """Return the posts read as `sentiment`."""
        return {"negative": self.negative, "neutral": self.neutral, "positive": self.positive}[sentiment]

    @property
    def by_emotion(self) -> dict[Emotion, int]:
        """Posts by their largest emotion."""
        return dict(zip(EMOTIONS, self.emotions, strict=True))

    @property
    def mean_scores(self) -> MeanScores:
        """The mean probability of each sentiment; None where there is no post to take it over."""
        whole = self.total * SCORE_UNIT
        if not whole:
            return dict.fromkeys(SENTIMENTS)
        negative, neutral, positive = self.score_units
        return {"negative": negative / whole, "neutral": neutral / whole, "positive": positive / whole}


NOTHING = Sums()

_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


def second(moment: datetime) -> int:
    """Return the whole seconds since 1970, by which buckets are named: whole numbers are found faster than times."""
    return (moment - _EPOCH) // _SECOND


def window_sums(
    connection: Connection, window: Window, filters: Filters, period: Period | Literal["whole"]
) -> dict[int | None, Sums]:
    """Return the sums per bucket of `period`, by the second since 1970 at which it begins, for buckets that have any.

    Those of the whole window are under None.

    They are of headlines; where the filters name one version as `key@version`, what that has read
    beside other versions' headlines, in the shadow or again, counts too (DESIGN, decision 4).
    """
    rollups = _inner(SQL["minutes" if period == "minute" else "hours_and_minutes"])
    found = _read(connection, SQL["window_sums"].format(rollups=rollups), window, filters, period)
    if filters.model and "@" in filters.model and has_apart(connection, filters.model):
        statement = SQL["apart"].format(moment=f"p.{window.clock}_at")
        for bucket, sums in _read(connection, statement, window, filters, period).items():
            found[bucket] = _joined(found[bucket], sums) if bucket in found else sums
    return found


def _read(
    connection: Connection, statement: str, window: Window, filters: Filters, period: str
) -> dict[int | None, Sums]:
    columns = SQL["columns"].format(rows=_inner(statement))
    found = connection.execute(columns, _parameters(window, filters, period), binary=True).fetchone()
    if found is None or found[0] is None:
        return {}
    buckets, *counts, models = found
    # Few models read all the buckets: each way to name them is taken apart once.
    named = {names: sorted(set(names.split("\n"))) if names else [] for names in set(models)}
    rows = zip(*counts, map(named.__getitem__, models), strict=True)
    return dict(zip(buckets, map(Sums._make, rows), strict=True))


def _inner(statement: str) -> str:
    """Return a statement as it stands inside another."""
    return statement.rstrip().rstrip(";")


def _joined(a: Sums, b: Sums) -> Sums:
    """Return the sums of two sets of posts of which none is in both."""
    return Sums(
        total=a.total + b.total,
        negative=a.negative + b.negative,
        neutral=a.neutral + b.neutral,
        positive=a.positive + b.positive,
        emotions=[x + y for x, y in zip(a.emotions, b.emotions, strict=True)],
        fallback_count=a.fallback_count + b.fallback_count,
        score_units=[x + y for x, y in zip(a.score_units, b.score_units, strict=True)],
        model_versions=sorted({*a.model_versions, *b.model_versions}),
    )


def _parameters(window: Window, filters: Filters, period: str) -> dict[str, object]:
    hour_start, hour_end = window.whole_hours
    return {
        "clock": CLOCKS.index(window.clock),
        "start": window.start,
        "end": window.end,
        "hour_start": hour_start,
        "hour_end": hour_end,
        "period": period,
        "topic": ALL_POSTS if filters.topic is None else filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
    }
