"""Exact sums of a window's rollups: what distribution and timeline are made of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import add
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
    #: posts by their largest emotion; all 0 where no model reads emotions
    anger: int = 0
    disgust: int = 0
    fear: int = 0
    joy: int = 0
    emotion_neutral: int = 0
    sadness: int = 0
    surprise: int = 0
    fallback_count: int = 0
    #: sums of scores in stored units
    sum_negative: int = 0
    sum_neutral: int = 0
    sum_positive: int = 0
    #: `key@version` of every model that read at least one of the posts, sorted
    model_versions: Sequence[str] = ()

    def count(self, sentiment: Sentiment) -> int:
        """Return the posts read as `sentiment`."""
        return {"negative": self.negative, "neutral": self.neutral, "positive": self.positive}[sentiment]

    @property
    def emotions(self) -> Sequence[int]:
        """Posts by their largest emotion, in the order of `EMOTIONS`."""
        return (
            self.anger, self.disgust, self.fear, self.joy, self.emotion_neutral, self.sadness, self.surprise
        )  # fmt: skip

    @property
    def score_units(self) -> Sequence[int]:
        """Sums of scores in stored units, in the order of `SENTIMENTS`."""
        return self.sum_negative, self.sum_neutral, self.sum_positive

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
    # A minute's rollups are named by the column as it stands: anything made of it would be sorted by anew.
    bucket = "bucket" if period == "minute" else _begin("bucket", period)
    statement = SQL["window_sums"].format(bucket=bucket, rollups=rollups)
    found = _read(connection, statement, window, filters)
    if filters.model and "@" in filters.model and has_apart(connection, filters.model):
        moment = f"p.{window.clock}_at"
        statement = SQL["apart"].format(bucket=_begin(moment, period), moment=moment)
        for begin, sums in _read(connection, statement, window, filters).items():
            found[begin] = _joined(found[begin], sums) if begin in found else sums
    return found


def _begin(moment: str, period: Period | Literal["whole"]) -> str:
    """Return the expression for when the bucket of a moment begins; the whole window is one without a beginning."""
    return "NULL::timestamptz" if period == "whole" else f"date_trunc('{period}', {moment}, 'UTC')"


def _read(connection: Connection, statement: str, window: Window, filters: Filters) -> dict[int | None, Sums]:
    columns = SQL["columns"].format(rows=_inner(statement))
    found = connection.execute(columns, _parameters(window, filters), binary=True).fetchone()
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
    models = sorted({*a.model_versions, *b.model_versions})
    return Sums._make([*map(add, a[:-1], b[:-1]), models])


def _parameters(window: Window, filters: Filters) -> dict[str, object]:
    hour_start, hour_end = window.whole_hours
    return {
        "clock": CLOCKS.index(window.clock),
        "start": window.start,
        "end": window.end,
        "hour_start": hour_start,
        "hour_end": hour_end,
        "topic": ALL_POSTS if filters.topic is None else filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
    }
