"""Re-analyses, as they are asked for and as they are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from groundswell.api.answers.listing import Answer
from groundswell.api.parameters import Moment
from groundswell.core.mood import SCORE_UNIT, SENTIMENTS, Emotion, Sentiment
from groundswell.store.reanalyses import Reanalysis, Status
from groundswell.views.filters import ClockName
from groundswell.views.reanalysis import Flip, Result

Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class ReanalysisIn(BaseModel):
    """Which version reads which part of history again; filters that are not given let all posts through."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"model": "tfidf@1", "source": "reddit"}]},
    )

    model: Word = Field(description="The version that reads, as `key@version`.")
    source: Word | None = Field(default=None, description="Only posts of this source.")
    topic: Word | None = Field(default=None, description="Only posts about this topic: its name or its id.")
    lang: Word | None = Field(default=None, description="Only posts in this language.")
    headline_model: Word | None = Field(
        default=None, description="Only posts whose headline is by this model: key, or `key@version`."
    )
    sentiment: Sentiment | None = Field(default=None, description="Only posts with this headline.")
    emotion: Emotion | None = Field(default=None, description="Only posts with this emotion.")
    q: Word | None = Field(default=None, description="Only posts that this full text search finds.")
    from_: Moment | None = Field(default=None, alias="from", description="Begin. Included.")
    to: Moment | None = Field(default=None, description="End, excluded; without it, now.")
    clock: ClockName = Field(default="ingested", description="Which time of a post `from` and `to` mean.")


class ReanalysisAnswer(Answer):
    """A re-analysis."""

    id: int = Field(description="Its number.")
    model: str = Field(description="The version that reads, as `key@version`.")
    asked: dict[str, Any] = Field(description="Which posts.")
    status: Status = Field(description="queued, running, completed, failed or cancelled.")
    progress: float = Field(description="Share of the posts that are done.")
    total: int | None = Field(description="Posts to read; null until it has begun.")
    done: int = Field(description="Posts gone through.")
    from_vectors: int = Field(description="Of them, those read from their stored vectors.")
    skipped: int = Field(description="Of them, those edited or erased meanwhile, or unreadable.")
    asked_by: str = Field(description="Who asked.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended.")
    error: str = Field(description="What went wrong; empty: nothing.")

    @classmethod
    def of(cls, row: Reanalysis) -> Self:
        """Shape a re-analysis."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class BothAnswer(Answer):
    """One bucket, as both versions read the same posts."""

    bucket: datetime = Field(description="When it begins.")
    headlines: dict[Sentiment, int] = Field(description="Posts by the sentiment of their headline.")
    readings: dict[Sentiment, int] = Field(description="The same posts as the version reads them.")


class PairAnswer(Answer):
    """How many posts the two read so."""

    headline: Sentiment = Field(description="By the headline.")
    reading: Sentiment = Field(description="By the version.")
    posts: int = Field(description="How many.")


class ResultAnswer(Answer):
    """Both readings side by side; posts whose headline is a fallback's are left out."""

    data: list[BothAnswer] = Field(description="The two trends.")
    posts: int = Field(description="Posts compared: those whose headline is by another version.")
    agreement: float | None = Field(description="Share of them with the same sentiment; null: none.")
    agreement_interval: tuple[float, float] = Field(description="Its 95 % Wilson interval.")
    kappa: float | None = Field(description="Cohen's kappa; null where it is not defined.")
    kappa_interval: tuple[float, float] = Field(description="Its 95 % interval (Fleiss et al. 1969).")
    pairs: list[PairAnswer] = Field(description="Posts by both sentiments.")

    @classmethod
    def of(cls, found: Result) -> Self:
        """Shape a result."""
        both = found.compared
        return cls(
            data=[
                BothAnswer(bucket=one.bucket, headlines=_named(one.headlines), readings=_named(one.readings))
                for one in found.buckets
            ],
            posts=both.posts,
            agreement=both.agreement,
            agreement_interval=both.agreement_interval,
            kappa=both.kappa,
            kappa_interval=both.kappa_interval,
            pairs=[
                PairAnswer(headline=SENTIMENTS[row], reading=SENTIMENTS[column], posts=posts)
                for row, counts in enumerate(found.pairs)
                for column, posts in enumerate(counts)
            ],
        )


def _named(counts: Sequence[int]) -> dict[Sentiment, int]:
    return dict(zip(SENTIMENTS, counts, strict=True))


class FlipAnswer(Answer):
    """A post that the two read differently."""

    id: UUID = Field(description="The post.")
    source: str = Field(description="Where it comes from.")
    content: str = Field(description="What it says.")
    at: datetime = Field(description="Its time on the clock that was asked for.")
    headline_model: str = Field(description="The version of its headline.")
    headline: Sentiment = Field(description="As the headline has it.")
    headline_scores: dict[Sentiment, float] = Field(description="With these scores.")
    reading: Sentiment = Field(description="As the version reads it.")
    reading_scores: dict[Sentiment, float] = Field(description="With these scores.")

    @classmethod
    def of(cls, flip: Flip) -> Self:
        """Shape a flip."""
        return cls(
            id=flip.id,
            source=flip.source,
            content=flip.content,
            at=flip.moment,
            headline_model=flip.headline_model,
            headline=SENTIMENTS[flip.headline],
            headline_scores=_scores(flip.headline_scores),
            reading=SENTIMENTS[flip.reading],
            reading_scores=_scores(flip.reading_scores),
        )


def _scores(units: Sequence[int]) -> dict[Sentiment, float]:
    return {name: unit / SCORE_UNIT for name, unit in zip(SENTIMENTS, units, strict=True)}
