"""Whether a model drifts, and the report on it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath

from groundswell.analysis.drift import Drift
from groundswell.analysis.report import Reporter, as_html
from groundswell.api.answers.drift import DriftAnswer
from groundswell.api.errors import errors
from groundswell.api.parameters import NamedFilters, Word, filters
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.core.errors import StoreUnavailable
from groundswell.store.drift_looks import Kind
from groundswell.views.filters import MINUTE, floor

router = APIRouter(tags=["models"], dependencies=[permission("read")])

Key = Annotated[str, InPath(max_length=200, description="The model's key.")]
WhichVersion = Annotated[Word | None, Query(description="The version; without it, the one in production.")]
Window = Annotated[
    float, Query(gt=0, le=24 * 7, alias="hours", description="Length of the window, up to now.")
]
Baseline = Annotated[
    float, Query(gt=0, le=24 * 90, description="Length of the baseline that ends where the window begins.")
]


async def where(
    source: Annotated[Word | None, Query(description="Only posts of this source.")] = None,
    topic: Annotated[
        Word | None, Query(description="Only posts about this topic: its name or its id.")
    ] = None,
    lang: Annotated[Word | None, Query(description="Only posts in this language.")] = None,
) -> NamedFilters:
    """Return which posts are looked at."""
    return await filters(source=source, topic=topic, lang=lang)


Where = Annotated[NamedFilters, Depends(where)]


@router.get("/api/v1/models/{key}/drift", summary="Does it drift?", responses=errors(400, 404, 503))
def model_drift(
    parts: ThisParts,
    key: Key,
    where: Where,
    version: WhichVersion = None,
    hours: Window = 24.0,
    baseline_hours: Baseline = 168.0,
) -> DriftAnswer:
    """Compare the posts of a window with those before it, as the version read both.

    Seven signals: what the model is given (vectors, unknown words, lengths), what it says (labels, low
    and changing confidence), and how often people agree. Readings of a fallback are left out.
    """
    return _answer(parts, key, version, _kind(parts, where, hours, baseline_hours))


@router.get(
    "/api/v1/models/{key}/report",
    summary="The report on a model",
    response_model=DriftAnswer,
    responses={
        **errors(400, 404, 503),
        200: {
            "description": "As HTML where `Accept` names `text/html`, else as JSON.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
    },
)
def model_report(
    parts: ThisParts, key: Key, where: Where, request: Request, version: WhichVersion = None
) -> Response:
    """Return drift and performance of a version on one page."""
    kind = _kind(parts, where, 24.0, 168.0)
    if "text/html" in request.headers.get("accept", ""):
        found = _reporter(parts).report(key, version, kind, floor(parts.clock.now(), MINUTE))
        return Response(as_html(found), media_type="text/html; charset=utf-8")
    answer = _answer(parts, key, version, kind)
    return Response(answer.model_dump_json(), media_type="application/json")


def _answer(parts: Parts, key: str, version: str | None, kind: Kind) -> DriftAnswer:
    found = _reporter(parts).report(key, version, kind, floor(parts.clock.now(), MINUTE))
    return DriftAnswer.model_validate(found)


def _reporter(parts: Parts) -> Reporter:
    versions = parts.reader.versions
    if versions is None:
        raise StoreUnavailable
    drift = Drift(parts.database, versions, parts.clock)
    return Reporter(database=parts.database, versions=versions, drift=drift)


def _kind(parts: Parts, where: NamedFilters, hours: float, baseline_hours: float) -> Kind:
    with parts.database.reading() as connection:
        found = where.resolve(connection)
    return Kind(
        topic=found.topic,
        source=found.source,
        lang=found.lang,
        window_minutes=max(1, round(60 * hours)),
        baseline_minutes=max(1, round(60 * baseline_hours)),
    )
