"""The answers of the aggregates: shares of a window, and buckets over time."""

from datetime import datetime
from typing import Any, Self

import orjson
from pydantic import Field

from groundswell.api.answers.listing import Answer
from groundswell.core.mood import SCORE_UNIT, SENTIMENTS, Emotion, Sentiment
from groundswell.views.distribution import Distribution
from groundswell.views.filters import Period
from groundswell.views.timeline import Timeline


class SentimentRow(Answer):
    """One sentiment's part of a window."""

    sentiment: Sentiment = Field(description="The sentiment.")
    count: int = Field(description="Posts read so.")
    share: float = Field(description="Part of `metadata.total`, from 0 to 1; 0 where there is no post.")
    percentage: float = Field(description="The share in percent, to two digits.")
    interval: tuple[float, float] = Field(
        description="95 % Wilson interval of the share, each of the three on its own; [0, 1] without posts."
    )


class EmotionRow(Answer):
    """One emotion's part of the posts in which emotions were read."""

    emotion: Emotion = Field(description="The emotion that is the largest in the post.")
    count: int = Field(description="Posts read so.")
    share: float = Field(description="Part of the posts in which emotions were read, from 0 to 1.")


class WindowMetadata(Answer):
    """What an aggregate is taken over, and how far it can be trusted."""

    total: int = Field(description="Posts counted, those that only a fallback could read excepted.")
    fallback_count: int = Field(
        description="Posts that only a fallback could read so far; they are outside every other number."
    )
    model_versions: list[str] = Field(description="The versions that read the posts, as `key@version`.")
    from_: datetime = Field(
        alias="from", description="Begin of the window, widened to a whole minute. Included."
    )
    to: datetime = Field(description="End of the window, widened to a whole minute. Excluded.")
    as_of: datetime = Field(description="When the numbers were read.")
    complete: bool = Field(
        description="Everything accepted in the window is analysed, and collection had no gap in it."
    )


class DistributionAnswer(Answer):
    """How the posts of a window divide."""

    data: list[SentimentRow] = Field(description="Positive, neutral, negative: always three rows.")
    emotions: list[EmotionRow] = Field(
        description="Emotions, the most frequent first; empty where no model read emotions."
    )
    metadata: WindowMetadata = Field(description="What it is taken over.")

    @classmethod
    def of(cls, found: Distribution, as_of: datetime) -> Self:
        """Shape a distribution."""
        return cls(
            data=[SentimentRow.model_validate(row) for row in found.sentiments],
            emotions=[EmotionRow.model_validate(row) for row in found.emotions],
            metadata=WindowMetadata(**_metadata(found, as_of)),
        )


class BucketRow(Answer):
    """One minute, hour or day."""

    bucket: datetime = Field(description="When the period begins; days begin at midnight UTC.")
    total: int = Field(description="Posts counted in it: the sum of the three.")
    positive: int = Field(description="Posts read as positive.")
    neutral: int = Field(description="Posts read as neutral.")
    negative: int = Field(description="Posts read as negative.")
    emotions: dict[Emotion, int] = Field(description="Posts by their largest emotion.")
    mean_scores: dict[Sentiment, float | None] = Field(
        description="Mean probability of each sentiment; null where there is no post."
    )
    fallback_count: int = Field(description="Posts that only a fallback could read so far.")
    model_versions: list[str] = Field(description="The versions that read the posts, as `key@version`.")
    complete: bool = Field(
        description="The whole period is inside the window, analysed, and collection had no gap in it."
    )


NO_MEANS = dict.fromkeys(SENTIMENTS)
"""The mean scores of no post."""


def _rows(found: Timeline) -> list[dict[str, Any]]:
    """Return buckets in the shape of `BucketRow`; written out: a helper a bucket took twice as long."""
    return [
        {
            "bucket": start,
            "total": total,
            "positive": positive,
            "neutral": neutral,
            "negative": negative,
            "emotions": {
                "anger": anger,
                "disgust": disgust,
                "fear": fear,
                "joy": joy,
                "neutral": calm,
                "sadness": sadness,
                "surprise": surprise,
            },
            "mean_scores": {
                "negative": low / (total * SCORE_UNIT),
                "neutral": middle / (total * SCORE_UNIT),
                "positive": high / (total * SCORE_UNIT),
            }
            if total
            else NO_MEANS,
            "fallback_count": fallback_count,
            "model_versions": model_versions,
            "complete": complete,
        }
        for start, complete, (
            total, negative, neutral, positive,
            anger, disgust, fear, joy, calm, sadness, surprise,
            fallback_count, low, middle, high, model_versions,
        ) in zip(found.starts, found.completes, found.sums, strict=True)
    ]  # fmt: skip


class TimelineMetadata(WindowMetadata):
    """What a timeline is taken over, and how far it can be trusted."""

    period: Period = Field(description="Length of a bucket.")


class TimelineAnswer(Answer):
    """The mood of a window over time."""

    data: list[BucketRow] = Field(description="Every bucket of the window in order, empty ones included.")
    metadata: TimelineMetadata = Field(description="What it is taken over.")

    @staticmethod
    def written(found: Timeline, as_of: datetime) -> bytes:
        """Return a timeline as JSON of this shape, without building its thousands of values as objects first."""
        metadata = TimelineMetadata(period=found.period, **_metadata(found, as_of))
        answer = {"data": _rows(found), "metadata": metadata.model_dump(by_alias=True)}
        return orjson.dumps(answer, option=orjson.OPT_UTC_Z)


def _metadata(found: Distribution | Timeline, as_of: datetime) -> dict[str, Any]:
    return {
        "total": found.total,
        "fallback_count": found.fallback_count,
        "model_versions": list(found.model_versions),
        "from": found.window.start,
        "to": found.window.end,
        "as_of": as_of,
        "complete": found.complete,
    }
