"""How the posts of a window divide into negative, neutral and positive, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection

from groundswell.core.mood import SENTIMENTS, Emotion, Sentiment
from groundswell.statistics.intervals import wilson
from groundswell.views.completeness import UNKNOWN, Collection
from groundswell.views.filters import Filters, Window
from groundswell.views.sums import NOTHING, Sums, window_sums

ORDER: tuple[Sentiment, ...] = tuple(reversed(SENTIMENTS))
"""Positive first, as people read it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentimentShare:
    """One sentiment's part of a window."""

    sentiment: Sentiment
    count: int
    #: fraction of `Distribution.total`; 0 of nothing
    share: float
    #: 95 % Wilson interval of `share`, each on its own; (0, 1) while there is no post
    interval: tuple[float, float]

    @property
    def percentage(self) -> float:
        """`share` in percent, to two digits."""
        return round(100 * self.share, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class EmotionShare:
    """One emotion's part of the posts in which a model read emotions."""

    emotion: Emotion
    count: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """The mood of a window: always three sentiments; emotions only where a model reads them."""

    window: Window
    sentiments: Sequence[SentimentShare]
    #: largest first; empty where no post's model reads emotions
    emotions: Sequence[EmotionShare]
    #: posts in the shares; those a fallback read are not among them
    total: int
    fallback_count: int
    model_versions: Sequence[str]
    #: whether every post of the window is counted that we know or could know of
    complete: bool


def distribution(
    connection: Connection, window: Window, filters: Filters, collection: Collection = UNKNOWN
) -> Distribution:
    """Return the distribution of `window`."""
    sums = window_sums(connection, window, filters, "whole").get(None, NOTHING)
    return Distribution(
        window=window,
        sentiments=[_share(sentiment, sums) for sentiment in ORDER],
        emotions=_emotions(sums),
        total=sums.total,
        fallback_count=sums.fallback_count,
        model_versions=sums.model_versions,
        complete=collection.complete(window.start, window.end),
    )


def _share(sentiment: Sentiment, sums: Sums) -> SentimentShare:
    count = sums.count(sentiment)
    return SentimentShare(
        sentiment=sentiment,
        count=count,
        share=count / sums.total if sums.total else 0.0,
        interval=wilson(count, sums.total),
    )


def _emotions(sums: Sums) -> list[EmotionShare]:
    read = sum(sums.emotions)
    found = sorted(sums.by_emotion.items(), key=lambda item: -item[1])
    return [EmotionShare(emotion=name, count=n, share=n / read) for name, n in found if read]
