"""Models: which versions there are, which one answers, and how to change that without a failed request."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from fastapi import Path as InPath

from groundswell.analysis.versions import Versions
from groundswell.api.answers.catalogue import DownloadAnswer, DownloadRequest, DownloadState
from groundswell.api.answers.listing import Listing, ListMetadata
from groundswell.api.answers.models import (
    ComparisonAnswer,
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
from groundswell.core.errors import NotFound, StoreUnavailable, UnknownModel

router = APIRouter(tags=["models"])
changes = APIRouter(tags=["models"])
"""What moves pointers; the model service role serves the other router alone."""

READ, ADMIN = [permission("read")], [permission("admin")]
OLD = "(path of earlier clients)"

FETCHED: dict[int | str, dict[str, Any]] = {
    202: {"model": DownloadAnswer, "description": "It is fetched in the background."}
}

Key = Annotated[str, InPath(max_length=200, description="The model's key.")]


@router.get("/api/v1/models", summary="Which models are there?", dependencies=READ, responses=errors(503))
@router.get("/models", summary=f"Which models are there? {OLD}", dependencies=READ, responses=errors(503))
def list_models(parts: ThisModels) -> Listing[ModelAnswer]:
    """List every model with its versions."""
    found = [ModelAnswer(**facts) for facts in _all(parts).values()]
    return Listing(data=found, metadata=ListMetadata(total=len(found), limit=len(found), offset=0))


def _all(parts: ThisModels) -> dict[str, dict[str, Any]]:
    """Return what is answered of each model, by key: those with versions, those of code alone, the catalogue's."""
    reader = parts.reader
    rows = reader.versions.list() if reader.versions else []
    builtin, entries, under_way = reader.builtin(), reader.catalogue.entries, reader.downloads()
    keys = dict.fromkeys([*(row.key for row in rows), *builtin, *entries])
    found = {
        key: described(
            key,
            [row for row in rows if row.key == key],
            _loaded(parts),
            builtin.get(key),
            entry=entries.get(key),
            download=under_way.get(key),
        )
        for key in keys
    }
    if reader.llm:
        found[reader.llm.info.key] |= {"origin": "llm", "usage": asdict(reader.llm.purse.hour())}
    return found


def _loaded(parts: ThisModels) -> str | None:
    model = parts.reader.current.model
    return model.info.name if model else None


@router.get("/api/v1/models/{key}", summary="One model", dependencies=READ, responses=errors(404, 503))
@router.get("/models/{key}", summary=f"One model {OLD}", dependencies=READ, responses=errors(404, 503))
def get_model(parts: ThisModels, key: Key) -> ModelDetail:
    """Return a model, its versions, and who moved what, when and why."""
    facts = _all(parts).get(parts.reader.catalogue.key(key))
    if facts is None:
        raise NotFound(f"There is no model named '{key}'.")
    events = parts.reader.versions.history(facts["name"]) if parts.reader.versions else []
    return ModelDetail(**facts, history=[HistoryAnswer.of(one) for one in events])


@router.post(
    "/api/v1/models/download",
    summary="Have a model here",
    dependencies=ADMIN,
    responses=errors(400, 404, 503) | FETCHED,
    response_model_exclude_none=True,
)
@router.post(
    "/models/download",
    summary=f"Have a model here {OLD}",
    dependencies=ADMIN,
    responses=errors(400, 404, 503) | FETCHED,
    response_model_exclude_none=True,
)
def download(parts: ThisModels, request: DownloadRequest, response: Response) -> DownloadAnswer:
    """Fetch a model of the catalogue in the background, checked by its hashes; `GET /models/{key}` shows how far it is.

    202 while it comes, 200 when it is here. Only names of the catalogue are taken, no addresses.
    """
    if request.model in _all(parts) and parts.reader.catalogue.find(request.model) is None:
        return DownloadAnswer(model=request.model, status="ready")
    try:
        found = parts.reader.download(request.model)
    except UnknownModel as error:
        raise NotFound(error.message, details=error.details) from None
    key = parts.reader.catalogue.get(request.model).key
    if found is None:
        return DownloadAnswer(model=key, status="ready")
    response.status_code = 202
    return DownloadAnswer(model=key, status=found.status, download=DownloadState.of(found))


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
