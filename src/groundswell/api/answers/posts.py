"""The answers about posts: a post with its headline reading, and with all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from groundswell.api.answers.listing import Answer
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Emotion, Sentiment
from groundswell.views.feed import Analysis, FeedPost, fractions


class ReadingAnswer(Answer):
    """What one model version read in a post."""

    sentiment: Sentiment = Field(description="The likeliest sentiment.")
    confidence: float = Field(description="Its probability.")
    scores: dict[Sentiment, float] = Field(description="Probability of each sentiment; they sum to 1.")
    emotion: Emotion | None = Field(description="The largest emotion; null where the model reads none.")
    model_used: str = Field(description="The version that read it, as `key@version`.")
    fallback_used: bool = Field(description="Whether a fallback read it because the primary could not.")


class PostAnswer(ReadingAnswer):
    """A post with its headline reading."""

    id: UUID = Field(description="Our id of the post.")
    post_id: str = Field(description="The source's id of the post; a pseudonym where it would name someone.")
    source: str = Field(description="Where it was written.")
    content: str = Field(description="What was written.")
    author: str | None = Field(description="Pseudonym of who wrote it.")
    url: str | None = Field(description="Where it can be read; null where the link would name someone.")
    lang: str | None = Field(description="BCP-47 tag as the source declares it.")
    created_at: datetime = Field(description="When it was written, as its author's client claims.")
    ingested_at: datetime = Field(description="When it came through the door.")
    analyzed_at: datetime = Field(description="When its headline reading was made.")
    topics: list[str] = Field(description="Names of the topics it is about.")

    @classmethod
    def of(cls, post: FeedPost, **more: Any) -> Self:
        """Shape a post."""
        return cls(
            id=post.id,
            post_id=post.post_id,
            source=post.source,
            content=post.content,
            author=post.author,
            url=post.url,
            lang=post.lang,
            created_at=post.created_at,
            ingested_at=post.ingested_at,
            analyzed_at=post.analyzed_at,
            topics=list(post.topics),
            **_reading(post),
            **more,
        )


class AnalysisAnswer(ReadingAnswer):
    """One of the readings of a post."""

    emotions: dict[Emotion, float] | None = Field(
        description="Probability of each emotion, on its own; null where the model reads none."
    )
    analyzed_at: datetime = Field(description="When the reading was made.")

    @classmethod
    def of(cls, analysis: Analysis) -> Self:
        """Shape a reading."""
        emotions = fractions(analysis.emotions, EMOTIONS) if analysis.emotions else None
        return cls(**_reading(analysis), emotions=emotions, analyzed_at=analysis.analyzed_at)


class PostWithAnalyses(PostAnswer):
    """A post with every reading of it."""

    analyses: list[AnalysisAnswer] = Field(description="Every reading of it, the newest first.")

    @classmethod
    def both(cls, post: FeedPost, analyses: Sequence[Analysis]) -> Self:
        """Shape a post and its readings."""
        return cls.of(post, analyses=[AnalysisAnswer.of(analysis) for analysis in analyses])


class AuthorErased(Answer):
    """What the erasure of an author removed."""

    author: str = Field(description="Pseudonym of the author.")
    erased: int = Field(description="Posts that were stored and are gone.")


def _reading(row: FeedPost | Analysis) -> dict[str, Any]:
    scores = fractions(row.scores, SENTIMENTS)
    return {
        "sentiment": SENTIMENTS[row.sentiment],
        "confidence": max(scores.values()),
        "scores": scores,
        "emotion": None if row.emotion is None else EMOTIONS[row.emotion],
        "model_used": row.model,
        "fallback_used": row.fallback,
    }
