"""Reads texts at once: one, or a batch of which a bad one does not spoil the rest."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from groundswell.analysis.predictor import Predicted
from groundswell.api.errors import ErrorBody, error_body, errors, invalid_parameter
from groundswell.api.parts import PredictorParts, PredictorServices, PredictParts
from groundswell.api.permissions import permission
from groundswell.core.errors import GroundswellError, InvalidInput, UnreadableText
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Attribution, Emotion, Reading, Sentiment

router = APIRouter(tags=["prediction"])

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


@router.post(
    "/api/v1/predict",
    summary="Read one text",
    dependencies=[permission("read")],
    responses=errors(400, 413, 429, 503),
    response_model_exclude_unset=True,
)
@router.post(
    "/predict",
    summary="Read one text (path of earlier clients)",
    dependencies=[permission("read")],
    responses=errors(400, 413, 429, 503),
    response_model_exclude_unset=True,
)
def predict(request: PredictRequest, parts: PredictorParts, services: PredictorServices) -> Prediction:
    """Say how the writer of a text feels, and which model says so."""
    text = checked_text(request.text, parts.settings.max_text_characters)
    predicted = services.predictor.read([text], request.model)
    (reading,) = predicted.readings
    if isinstance(reading, GroundswellError):
        raise reading
    services.counter.add([reading], predicted.seconds)
    answer = _prediction(text, reading, predicted, parts.clock.now())
    if request.explain:
        answer.attributions = [_attributed(one) for one in services.predictor.explain(text, request.model)]
    return answer


@router.post(
    "/api/v1/predict/batch",
    summary="Read many texts",
    dependencies=[permission("read")],
    responses=errors(400, 413, 429, 503),
    response_model_exclude_unset=True,
)
@router.post(
    "/predict/batch",
    summary="Read many texts (path of earlier clients)",
    dependencies=[permission("read")],
    responses=errors(400, 413, 429, 503),
    response_model_exclude_unset=True,
)
def predict_batch(request: BatchRequest, parts: PredictorParts, services: PredictorServices) -> BatchAnswer:
    """Read texts in order; a bad one is answered by `{"index", "error"}` in its place."""
    most = parts.settings.max_batch_texts
    if len(request.texts) > most:
        raise invalid_parameter("texts", f"{len(request.texts)} texts", f"at most {most} texts")
    checked = [_check(text, parts) for text in request.texts]
    predicted = services.predictor.read([text for text in checked if isinstance(text, str)], request.model)
    results = _in_order(checked, predicted, parts.clock.now())
    services.counter.add([one for one in predicted.readings if isinstance(one, Reading)], predicted.seconds)
    return BatchAnswer(
        results=results,
        model_used=predicted.model_used,
        total_processing_time_ms=_milliseconds(predicted.seconds),
        batch_size=len(results),
    )


def _in_order(
    checked: Sequence[str | GroundswellError], predicted: Predicted, now: datetime
) -> list[Prediction | FailedItem]:
    readings = iter(predicted.readings)
    results: list[Prediction | FailedItem] = []
    for index, text in enumerate(checked):
        outcome = next(readings) if isinstance(text, str) else text
        if isinstance(text, str) and isinstance(outcome, Reading):
            results.append(_prediction(text, outcome, predicted, now))
        elif isinstance(outcome, GroundswellError):
            results.append(FailedItem(index=index, error=error_body(outcome)))
    return results


def _check(text: object, parts: PredictParts) -> str | GroundswellError:
    try:
        return checked_text(text, parts.settings.max_text_characters)
    except GroundswellError as error:
        return error


def checked_text(text: object, most: int) -> str:
    """Return a text that can be read.

    Raises `InvalidInput` for one that is empty or too long, `UnreadableText` for one that is
    no text: half of a surrogate pair has no meaning in any encoding.
    """
    if not isinstance(text, str):
        raise invalid_parameter("text", text, "a string")
    if not text.strip():
        raise InvalidInput(
            "The text is empty", details={"parameter": "text", "provided": text[:10], "allowed": "not empty"}
        )
    if len(text) > most:
        raise invalid_parameter("text", f"{len(text)} characters", f"at most {most} characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        details = {"parameter": "text", "position": error.start}
        raise UnreadableText("The text holds half of a surrogate pair.", details=details) from None
    return text


def _prediction(text: str, reading: Reading, predicted: Predicted, now: datetime) -> Prediction:
    return Prediction(
        text=text,
        sentiment=reading.sentiment,
        label=reading.sentiment.capitalize(),
        confidence=reading.confidence,
        scores=dict(zip(SENTIMENTS, reading.scores, strict=True)),
        emotion=reading.emotion,
        emotions=dict(zip(EMOTIONS, reading.emotions, strict=True)) if reading.emotions else None,
        model=reading.model_used.partition("@")[0],
        model_used=reading.model_used,
        fallback_used=reading.fallback_used,
        processing_time_ms=_milliseconds(predicted.seconds / len(predicted.readings)),
        timestamp=now,
    )


def _attributed(attribution: Attribution) -> Attributed:
    return Attributed(
        token=attribution.token,
        start=attribution.start,
        end=attribution.end,
        weight=attribution.weight,
    )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
