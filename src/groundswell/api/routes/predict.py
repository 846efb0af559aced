"""Reads texts at once: one, or a batch of which a bad one does not spoil the rest."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from groundswell.api.answers.predictions import (
    BatchAnswer,
    BatchRequest,
    Prediction,
    PredictRequest,
    attribution_json,
    batch_json,
    milliseconds,
    reading_json,
)
from groundswell.api.direct import DirectRoute
from groundswell.api.errors import errors, invalid_parameter
from groundswell.api.parts import PredictParts, PredictServices
from groundswell.api.permissions import permission
from groundswell.core.errors import GroundswellError, InvalidInput, UnreadableText
from groundswell.core.mood import Reading

router = APIRouter(tags=["prediction"], route_class=DirectRoute)


@router.post(
    "/api/v1/predict",
    summary="Read one text",
    dependencies=[permission("read")],
    response_model=Prediction,
    responses=errors(400, 413, 429, 503),
)
@router.post(
    "/predict",
    summary="Read one text (path of earlier clients)",
    dependencies=[permission("read")],
    response_model=Prediction,
    responses=errors(400, 413, 429, 503),
)
async def predict(body: PredictRequest, request: Request) -> Response:
    """Say how the writer of a text feels, and which model says so."""
    parts, services = _of(request)
    text = checked_text(body.text, parts.settings.max_text_characters)
    predictor = services.predictor
    predicted = await (
        predictor.explain(text, body.model) if body.explain else predictor.read([text], body.model)
    )
    (reading,) = predicted.readings
    if isinstance(reading, GroundswellError):
        raise reading
    services.counter.add([reading], predicted.seconds)
    answer = reading_json(text, reading, milliseconds(predicted.seconds), parts.clock.now())
    if body.explain:
        answer["attributions"] = [attribution_json(one) for one in predicted.attributions]
    return _json(answer)


@router.post(
    "/api/v1/predict/batch",
    summary="Read many texts",
    dependencies=[permission("read")],
    response_model=BatchAnswer,
    responses=errors(400, 413, 429, 503),
)
@router.post(
    "/predict/batch",
    summary="Read many texts (path of earlier clients)",
    dependencies=[permission("read")],
    response_model=BatchAnswer,
    responses=errors(400, 413, 429, 503),
)
async def predict_batch(body: BatchRequest, request: Request) -> Response:
    """Read texts in order; a bad one is answered by `{"index", "error"}` in its place."""
    parts, services = _of(request)
    most = parts.settings.max_batch_texts
    if len(body.texts) > most:
        raise invalid_parameter("texts", f"{len(body.texts)} texts", f"at most {most} texts")
    checked = [_check(text, parts) for text in body.texts]
    texts = [text for text in checked if isinstance(text, str)]
    predicted = await services.predictor.read(texts, body.model)
    services.counter.add([one for one in predicted.readings if isinstance(one, Reading)], predicted.seconds)
    return _json(batch_json(checked, predicted, parts.clock.now()))


CROWDED = {
    route.path: route
    for route in router.routes
    if isinstance(route, DirectRoute) and route.endpoint is predict
}
"""The routes of single texts, which many ask at a time, by their paths."""


def _of(request: Request) -> tuple[PredictParts, PredictServices]:
    state = request.app.state
    return state.parts, state.services


def _json(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer, option=orjson.OPT_UTC_Z), media_type="application/json")


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
