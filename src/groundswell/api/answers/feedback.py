"""Feedback as it is sent and answered."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from groundswell.api.answers.listing import Answer
from groundswell.api.parameters import Moment
from groundswell.core.mood import Emotion, Sentiment
from groundswell.learning.exchange import row_of
from groundswell.learning.feedback import KeptItem, Origin


def _any_case(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


AnySentiment = Annotated[Sentiment, BeforeValidator(_any_case)]
AnyEmotion = Annotated[Emotion, BeforeValidator(_any_case)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$", strip_whitespace=True)
]


class FeedbackIn(BaseModel):
    """What a person says of a text, or of a stored post."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "The update is sick!", "model_prediction": "negative", "user_label": "positive"}
            ]
        }
    )

    text: str | None = Field(default=None, description="The text; leave it out when you give a `post_id`.")
    post_id: str | None = Field(
        default=None,
        max_length=512,
        description="A stored post: our `id` of it, or its source's. Its text, and what was read in it by "
        "which model version, are taken from the store.",
    )
    user_label: AnySentiment = Field(description="What it is, in any case.")
    emotion: AnyEmotion | None = Field(default=None, description="The emotion in it, in any case.")
    model_prediction: AnySentiment | None = Field(
        default=None, description="What was predicted of the text, in any case."
    )
    model: Name | None = Field(
        default=None, description="Which version predicted that: `model_used` of its answer."
    )
    annotator: Name | None = Field(default=None, description="Who says so.")


def _written_out(value: Any) -> Any:
    """Refuse seconds since 1970, however many: what is taken back by mistake is a person's work."""
    if not isinstance(value, str) or "-" not in value:
        raise ValueError("a moment such as 2026-11-21T10:30:00Z")
    return value


WrittenOut = Annotated[Moment, BeforeValidator(_written_out)]


class WithdrawIn(BaseModel):
    """Which feedback is taken back: what fits all that is given."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"annotator": "a careless one"}]}
    )

    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] | None = Field(
        default=None, min_length=1, max_length=1000, description="Numbers of items."
    )
    annotator: Name | None = Field(default=None, description="All that this person said.")
    origin: Origin | None = Field(default=None, description="All that came to be labelled so.")
    start: WrittenOut | None = Field(default=None, alias="from", description="Said at this time or later.")
    end: WrittenOut | None = Field(default=None, alias="to", description="Said before this time.")


class WithdrawAnswer(Answer):
    """What was taken back."""

    withdrawn: int = Field(description="How many items held and do no longer.")


class FeedbackAnswer(Answer):
    """What was kept."""

    id: int = Field(description="Its number.")
    text: str = Field(description="The text.")
    post_id: UUID | None = Field(description="Our id of the post it is about; null: of none.")
    user_label: Sentiment = Field(description="What it is, as the person says.")
    emotion: Emotion | None = Field(description="The emotion in it, as the person says.")
    model_prediction: Sentiment | None = Field(description="What was predicted.")
    model: str | None = Field(description="The version that predicted it, as `key@version`.")
    annotator: str | None = Field(description="Who says so.")
    created_at: datetime = Field(description="When it was said.")
    origin: Origin = Field(
        description="How it came to be labelled: sent with its text (`api`), a correction of a post (`live`), "
        "a file (`import`), or by a label queue."
    )
    sampling_probability: float | None = Field(
        description="Probability with which the post was drawn, of the queue `random` only."
    )
    held_out: bool = Field(description="Whether training never sees it; decided by a hash of the text.")
    superseded: bool = Field(
        description="Whether a later label of the same text by the same person, or an adjudication, replaces it, "
        "or it was withdrawn."
    )
    adjudicates: bool = Field(description="Whether it settles a disagreement of annotators.")

    @classmethod
    def of(cls, item: KeptItem) -> Self:
        """Shape an item."""
        return cls(**row_of(item))
