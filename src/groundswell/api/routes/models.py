"""Models: which versions there are, which one answers, and how to change that without a failed request."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi import Path as InPath

from groundswell.analysis.versions import Versions
from groundswell.api.answers.listing import Listing, ListMetadata
from groundswell.api.answers.models import (
    ComparisonAnswer,
    DownloadAnswer,
    DownloadRequest,
    HistoryAnswer,
    MetricsAnswer,
    ModelAnswer,
    ModelDetail,
    Promotion,
    Return,
    ShadowRequest,
    VersionAnswer,
    described,
)
from groundswell.api.errors import errors
from groundswell.api.parts import ThisModels
from groundswell.api.permissions import permission
from groundswell.core.errors import NotFound, StoreUnavailable

router = APIRouter(tags=["models"])
changes = APIRouter(tags=["models"])
"""What moves pointers; the model service role serves the other router alone."""

READ, ADMIN = [permission("read")], [permission("admin")]
OLD = "(path of earlier clients)"

Key = Annotated[str, InPath(max_length=200, description="The model's key.")]


@router.get("/api/v1/models", summary="Which models are there?", dependencies=READ, responses=errors(503))
@router.get("/models", summary=f"Which models are there? {OLD}", dependencies=READ, responses=errors(503))
def list_models(parts: ThisModels) -> Listing[ModelAnswer]:
    """List every model with its versions."""
    found = [ModelAnswer(**facts) for facts in _all(parts).values()]
    return Listing(data=found, metadata=ListMetadata(total=len(found), limit=len(found), offset=0))


def _all(parts: ThisModels) -> dict[str, dict[str, Any]]:
    """Return what is answered of each model, by key; without a database of those that are code alone."""
    rows = parts.reader.versions.list() if parts.reader.versions else []
    builtin = parts.reader.builtin()
    keys = dict.fromkeys([*(row.key for row in rows), *builtin])
    return {
        key: described(key, [row for row in rows if row.key == key], _loaded(parts), builtin.get(key))
        for key in keys
    }


def _loaded(parts: ThisModels) -> str | None:
    model = parts.reader.current.model
    return model.info.name if model else None


@router.get("/api/v1/models/{key}", summary="One model", dependencies=READ, responses=errors(404, 503))
@router.get("/models/{key}", summary=f"One model {OLD}", dependencies=READ, responses=errors(404, 503))
def get_model(parts: ThisModels, key: Key) -> ModelDetail:
    """Return a model, its versions, and who moved what, when and why."""
    facts = _all(parts).get(key)
    if facts is None:
        raise NotFound(f"There is no model named '{key}'.")
    events = parts.reader.versions.history(key) if parts.reader.versions else []
    return ModelDetail(**facts, history=[HistoryAnswer.of(one) for one in events])


@router.post(
    "/api/v1/models/download",
    summary="Have a model here",
    dependencies=ADMIN,
    responses=errors(400, 404, 503),
)
@router.post(
    "/models/download",
    summary=f"Have a model here {OLD}",
    dependencies=ADMIN,
    responses=errors(400, 404, 503),
)
def download(parts: ThisModels, request: DownloadRequest) -> DownloadAnswer:
    """Say that a model is here; none is fetched from elsewhere by this version."""
    known = list(_all(parts))
    if request.model not in known:
        raise NotFound(
            f"There is no model named '{request.model}' here; known are {', '.join(known)}.",
            details={"known": known},
        )
    return DownloadAnswer(model=request.model)


@changes.get(
    "/api/v1/models/{key}/metrics", summary="How good is it?", dependencies=READ, responses=errors(404, 503)
)
def model_metrics(parts: ThisModels, key: Key) -> MetricsAnswer:
    """Return what was measured of the version in production, and how its shadow compares."""
    versions = _versions(parts)
    rows = versions.list(key)
    chosen = next((row for row in rows if row.stage == "production"), None)
    if chosen is None:
        raise NotFound(f"No version of '{key}' is in production.")
    shadow = next((row.name for row in rows if row.stage == "shadow"), None)
    compared = ComparisonAnswer.of(shadow, versions.comparison(shadow)) if shadow else None
    return MetricsAnswer(model=chosen.name, metrics=dict(chosen.manifest.get("metrics", {})), shadow=compared)


def _versions(parts: ThisModels) -> Versions:
    if parts.reader.versions is None:
        raise StoreUnavailable
    return parts.reader.versions


@changes.post(
    "/api/v1/models/{key}/promote",
    summary="Put a version into production",
    dependencies=ADMIN,
    responses=errors(400, 404, 409, 503),
)
def promote(parts: ThisModels, key: Key, request: Promotion) -> VersionAnswer:
    """Test a version, then let it answer: every process follows within two seconds, no request fails.

    A version that fails its test (labels, golden texts, SHA-256 of its files) is refused with 409
    and the one in production stays.
    """
    moved = _versions(parts).promote(key, request.version, by=request.by, reason=request.reason)
    return VersionAnswer.of(moved)


@changes.post(
    "/api/v1/models/{key}/shadow",
    summary="Have a version read beside production",
    dependencies=ADMIN,
    responses=errors(400, 404, 409, 503),
)
def shadow(parts: ThisModels, key: Key, request: ShadowRequest) -> VersionAnswer | None:
    """Have a version read the same posts; its readings are stored apart. Null ends that."""
    staged = _versions(parts).shadow(key, request.version, by=request.by)
    return VersionAnswer.of(staged) if staged else None


@changes.post(
    "/api/v1/models/{key}/rollback",
    summary="Go back to the version before",
    dependencies=ADMIN,
    responses=errors(400, 404, 409, 503),
)
def rollback(
    parts: ThisModels, key: Key, request: Annotated[Return | None, Body(description="Why.")] = None
) -> VersionAnswer:
    """Let the version before answer again, within two seconds everywhere."""
    why = request or Return()
    return VersionAnswer.of(_versions(parts).rollback(key, by=why.by, reason=why.reason))
