"""What is asked and answered when texts are read at once: the shapes that the API's description shows.

Answers are written by `reading_json` without a detour through these classes: to build and check them takes longer
than reading a text. A test holds the two together.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from groundswell.analysis.predictor import Predicted
from groundswell.api.errors import ErrorBody, error_body
from groundswell.core.errors import GroundswellError
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Emotion, Reading, Sentiment

ModelName = Annotated[
    str | None,
    Field(
        default=None,
        max_length=200,
        description="A model as `key` or `key@version`; without it the model of this server answers.",
    ),
]


class PredictRequest(BaseModel):
    """One text to read."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "This is amazing!"}]})

    text: str = Field(description="The text, at most 10,000 characters unless configured otherwise.")
    model: ModelName
    explain: bool = Field(default=False, description="Also say how much each token speaks for the sentiment.")


class BatchRequest(BaseModel):
    """Some texts to read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"texts": ["This is amazing!", "I am so disappointed."]}]},
    )

    texts: Annotated[
        list[Any],
        Field(min_length=1, description="The texts, at most 1,000 unless configured otherwise."),
        WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
    ]
    model: ModelName


class Attributed(BaseModel):
    """What one token says."""

    token: str = Field(description="The token as it stands in the text.")
    start: int = Field(description="Where it starts in the text, in characters.")
    end: int = Field(description="Where it ends, exclusive.")
    weight: float = Field(description="Positive: it speaks for the sentiment; negative: against it.")


class Prediction(BaseModel):
    """What a model reads in one text."""

    text: str = Field(description="The text as it was sent.")
    sentiment: Sentiment = Field(description="The likeliest sentiment.")
    label: str = Field(description="The same, capitalised.")
    confidence: float = Field(description="Probability of that sentiment.")
    scores: dict[Sentiment, float] = Field(description="Probability of each sentiment; they sum to 1.")
    emotion: Emotion | None = Field(description="The likeliest emotion; null if the model reads none.")
    emotions: dict[Emotion, float] | None = Field(
        description="Independent probability of each emotion; null if the model reads none."
    )
    model: str = Field(description="The model's key.")
    model_used: str = Field(description="The version that answered, as `key@version`.")
    fallback_used: bool = Field(description="Whether a fallback answered because the model could not.")
    processing_time_ms: float = Field(
        description="Milliseconds the model took; in a batch the batch's time divided by its texts."
    )
    timestamp: AwareDatetime = Field(description="When it was read.")
    attributions: list[Attributed] = Field(default=[], description="Only with `explain`.")


class FailedItem(BaseModel):
    """A text of a batch that could not be read."""

    index: int = Field(description="Its place in the batch, from 0.")
    error: ErrorBody = Field(description="Why.")


class BatchAnswer(BaseModel):
    """What a model reads in some texts."""

    results: list[Prediction | FailedItem] = Field(description="One per text, in order.")
    model_used: str = Field(description="The version that answered, as `key@version`.")
    total_processing_time_ms: float = Field(description="Milliseconds the model took for all of them.")
    batch_size: int = Field(description="How many texts were sent.")


def reading_json(text: str, reading: Reading, milliseconds: float, now: datetime) -> dict[str, Any]:
    """Return a `Prediction` as JSON has it."""
    emotions = reading.emotions
    sentiment = reading.sentiment
    return {
        "text": text,
        "sentiment": sentiment,
        "label": sentiment.capitalize(),
        "confidence": reading.confidence,
        "scores": dict(zip(SENTIMENTS, reading.scores, strict=True)),
        "emotion": reading.emotion,
        "emotions": dict(zip(EMOTIONS, emotions, strict=True)) if emotions else None,
        "model": reading.model_used.partition("@")[0],
        "model_used": reading.model_used,
        "fallback_used": reading.fallback_used,
        "processing_time_ms": milliseconds,
        "timestamp": now,
    }


def attribution_json(attribution: Attribution) -> dict[str, Any]:
    """Return an `Attributed` as JSON has it."""
    return {
        "token": attribution.token,
        "start": attribution.start,
        "end": attribution.end,
        "weight": attribution.weight,
    }


def batch_json(
    checked: Sequence[str | GroundswellError], predicted: Predicted, now: datetime
) -> dict[str, Any]:
    """Return a `BatchAnswer` as JSON has it; `checked` holds each text, or what is wrong with it."""
    readings = iter(predicted.readings)
    each = milliseconds(predicted.seconds / max(1, len(predicted.readings)))
    results: list[dict[str, Any]] = []
    for index, text in enumerate(checked):
        outcome = next(readings) if isinstance(text, str) else text
        if isinstance(text, str) and isinstance(outcome, Reading):
            results.append(reading_json(text, outcome, each, now))
        elif isinstance(outcome, GroundswellError):
            results.append({"index": index, "error": error_body(outcome).model_dump()})
    return {
        "results": results,
        "model_used": predicted.model_used,
        "total_processing_time_ms": milliseconds(predicted.seconds),
        "batch_size": len(results),
    }


def milliseconds(seconds: float) -> float:
    """Return milliseconds to the microsecond."""
    return round(seconds * 1000, 3)
