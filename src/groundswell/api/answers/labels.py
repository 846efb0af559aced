"""Labels as they are asked for, sent and answered."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundswell.api.answers.feedback import AnyEmotion, AnySentiment, Name
from groundswell.api.answers.listing import Answer
from groundswell.core.mood import SENTIMENTS, Emotion, Sentiment
from groundswell.learning.concord import Concord, Pair
from groundswell.learning.labelling import opinions
from groundswell.learning.shares import Shares
from groundswell.statistics.agreement import Agreement
from groundswell.store.labels import Dispute, Queue, Task

NOBODY = "anonymous"


class TaskAnswer(Answer):
    """A post to be labelled; blind: nothing of what a model or anybody else says of it."""

    task: int = Field(description="Its number; send it back with the label.")
    queue: Queue = Field(description="The queue it is from.")
    post_id: UUID = Field(description="Our id of the post.")
    source: str = Field(description="Where it was written.")
    content: str = Field(description="What was written.")
    lang: str | None = Field(description="BCP-47 tag as the source declares it.")
    created_at: datetime = Field(description="When it was written, as its author's client claims.")
    sampling_probability: float | None = Field(
        description="Probability with which it was drawn, of the queue `random` only."
    )

    @classmethod
    def of(cls, task: Task) -> Self:
        """Shape a task."""
        return cls(
            task=task.id,
            queue=task.queue,
            post_id=task.post,
            source=task.source,
            content=task.content,
            lang=task.lang,
            created_at=task.created_at,
            sampling_probability=task.sampling_probability,
        )


class LabelIn(BaseModel):
    """What an annotator says of the post of a task."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"task": 1, "user_label": "positive", "annotator": "ana"}]},
    )

    task: int = Field(ge=1, le=2**63 - 1, description="The task, as `labels/next` handed it out.")
    user_label: AnySentiment | None = Field(default=None, description="What it is, in any case.")
    emotion: AnyEmotion | None = Field(default=None, description="The emotion in it, in any case.")
    annotator: Name = Field(default=NOBODY, description="Who says so: the name that it was handed to.")
    skip: bool = Field(default=False, description="Instead of a label: pass it over, others may get it.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.skip is (self.user_label is not None):
            raise ValueError("a user_label, or skip")
        return self


class AdjudicationIn(BaseModel):
    """What a disputed text is, for good."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"feedback": 1, "user_label": "neutral", "annotator": "eve"}]},
    )

    feedback: int = Field(ge=1, le=2**63 - 1, description="Any feedback about the text, by its number.")
    user_label: AnySentiment = Field(description="What it is, in any case.")
    emotion: AnyEmotion | None = Field(default=None, description="The emotion in it, in any case.")
    annotator: Name = Field(default=NOBODY, description="Who decides.")


class Opinion(Answer):
    """What one annotator says of a text."""

    annotator: str = Field(description="Who.")
    user_label: Sentiment = Field(description="What it is.")
    emotion: Emotion | None = Field(description="The emotion in it.")


class DisputeAnswer(Answer):
    """A text of which annotators say different things, and nobody has decided."""

    feedback: int = Field(description="The newest feedback about it, by its number.")
    text: str = Field(description="The text.")
    opinions: list[Opinion] = Field(description="Who says what, the oldest first.")

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        """Shape a dispute."""
        said = [Opinion.model_validate(opinion) for opinion in opinions(dispute)]
        return cls(feedback=dispute.id, text=dispute.content, opinions=said)


class Coefficient(Answer):
    """A coefficient of agreement: 1 is perfect, 0 is what chance gives."""

    value: float | None = Field(
        description="Null where it is not defined: nobody to compare with, or all gave one and the same label."
    )
    interval: tuple[float, float] | None = Field(description="95 % bootstrap interval over the texts.")
    units: int = Field(description="Texts with two labels or more.")

    @classmethod
    def of(cls, found: Agreement) -> Self:
        """Shape a coefficient."""
        interval = None if found.low is None or found.high is None else (found.low, found.high)
        return cls(value=found.value, interval=interval, units=found.units)


class PairAnswer(Answer):
    """How far two annotators agree."""

    annotators: tuple[str, str] = Field(description="Who.")
    kappa: Coefficient = Field(description="Cohen's kappa of their sentiments.")

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """Shape a pair."""
        return cls(annotators=pair.annotators, kappa=Coefficient.of(pair.kappa))


class AgreementAnswer(Answer):
    """How far annotators agree."""

    texts: int = Field(description="Texts that two annotators or more labelled.")
    annotators: list[str] = Field(description="Who labelled them.")
    sentiment: Coefficient = Field(description="Krippendorff's alpha of the sentiment, nominal.")
    sentiment_ordinal: Coefficient = Field(
        description="The same where negative is farther from positive than from neutral."
    )
    emotion: Coefficient = Field(description="Krippendorff's alpha of the emotion, nominal.")
    pairs: list[PairAnswer] = Field(
        description="Cohen's kappa of each two, those who share most texts first; of the thirty who labelled most."
    )
    disputed: int = Field(description="Texts of which they say different things and nobody has decided.")

    @classmethod
    def of(cls, found: Concord, disputed: int) -> Self:
        """Shape it."""
        return cls(
            texts=found.texts,
            annotators=list(found.annotators),
            sentiment=Coefficient.of(found.sentiment),
            sentiment_ordinal=Coefficient.of(found.sentiment_ordinal),
            emotion=Coefficient.of(found.emotion),
            pairs=[PairAnswer.of(pair) for pair in found.pairs],
            disputed=disputed,
        )


class Share(Answer):
    """A share with its 95 % interval."""

    value: float = Field(description="The share, of 1.")
    interval: tuple[float, float] = Field(description="95 % interval (Wilson, for what the sample is worth).")


class DrawAnswer(Answer):
    """Posts that were drawn together."""

    drawn_at: datetime = Field(description="When.")
    population: int = Field(description="Posts that could be drawn then.")
    drawn: int = Field(description="Posts that were.")
    labelled: int = Field(description="Of them labelled by somebody.")


class SharesAnswer(Answer):
    """How posts divide by sentiment as people see them."""

    posts: int = Field(description="Posts the shares are about: all that were there at the last draw.")
    labelled: int = Field(description="Labelled posts they are estimated from.")
    shares: dict[Sentiment, Share] | None = Field(
        description="Null while no post of the queue `random` is labelled for this topic and time."
    )
    draws: list[DrawAnswer] = Field(description="The draws, the first one first.")

    @classmethod
    def of(cls, found: Shares) -> Self:
        """Shape them."""
        return cls(
            posts=found.posts,
            labelled=found.labelled,
            shares={
                label: Share(value=one.value, interval=(one.low, one.high))
                for label, one in zip(SENTIMENTS, found.shares, strict=True)
            }
            if found.shares
            else None,
            draws=[DrawAnswer.model_validate(draw, from_attributes=True) for draw in found.draws],
        )
