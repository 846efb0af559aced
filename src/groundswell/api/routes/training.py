"""Training: retrain from feedback, judge, follow and cancel jobs, and have a first model made."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi import Path as InPath

from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.answers.training import EndpointAnswer, EvaluateRequest, JobAnswer, RetrainRequest
from groundswell.api.errors import errors
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.learning.jobs import ask_for_training
from groundswell.store import registry, training
from groundswell.store.training import Kind, Request

router = APIRouter(tags=["training"])

READ, ADMIN = [permission("read")], [permission("admin")]
OLD = "(path of earlier clients)"

Name = Annotated[str, InPath(max_length=200, description="The job's name.")]
Retrain = Annotated[RetrainRequest | None, Body(description="What to train.")]
Evaluate = Annotated[EvaluateRequest | None, Body(description="What to judge, and on what.")]


def _key(parts: Parts, model: str | None) -> str:
    """Return the key that is meant; without one, that of the model that answers here."""
    return (model or parts.reader.name).partition("@")[0]


@router.post(
    "/api/v1/retrain",
    status_code=202,
    summary="Retrain from feedback",
    dependencies=ADMIN,
    responses=errors(400, 409, 503),
)
@router.post(
    "/retrain",
    status_code=202,
    summary=f"Retrain from feedback {OLD}",
    dependencies=ADMIN,
    responses=errors(400, 409, 503),
)
def retrain(parts: ThisParts, request: Retrain = None) -> JobAnswer:
    """Learn from feedback; the candidate goes into production if the gate finds it no worse.

    The kind `head` takes seconds and needs nothing else. `tfidf` and `finetune` make a whole version from the labelled
    texts of GROUNDSWELL_DATA and feedback; the job says what is missing for that. 409 says how many new items are
    missing to MIN_FEEDBACK.
    """
    asked = request or RetrainRequest()
    key = "tfidf" if asked.kind == "tfidf" and asked.model is None else _key(parts, asked.model)
    wanted = Request(kind=asked.kind, model=key, by=asked.by, options={"shadow": asked.shadow})
    least = parts.settings.min_feedback
    return JobAnswer.of(ask_for_training(parts.database, wanted, min_feedback=least, clock=parts.clock))


@router.post(
    "/api/v1/evaluate",
    status_code=202,
    summary="How good is a version?",
    dependencies=ADMIN,
    responses=errors(400, 404, 503),
)
@router.post(
    "/evaluate",
    status_code=202,
    summary=f"How good is a version? {OLD}",
    dependencies=ADMIN,
    responses=errors(400, 404, 503),
)
def evaluate(parts: ThisParts, request: Evaluate = None) -> JobAnswer:
    """Judge a version, by default the one in production on its base rows; the job's `metrics` are the answer."""
    asked = request or EvaluateRequest()
    model = asked.model or _key(parts, None)
    key, _, version = model.partition("@")
    wanted = Request(kind="evaluate", model=model, by=asked.by, options={"data": asked.data})
    with parts.database.transaction() as connection:
        if version:
            registry.get(connection, key, version)
        return JobAnswer.of(training.ask(connection, wanted, parts.clock.now()))


@router.get(
    "/api/v1/training-jobs", summary="Which jobs are there?", dependencies=READ, responses=errors(400, 503)
)
@router.get(
    "/training-jobs", summary=f"Which jobs are there? {OLD}", dependencies=READ, responses=errors(400, 503)
)
def list_jobs(
    parts: ThisParts,
    kind: Annotated[Kind | None, Query(description="Of this kind only.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Listing[JobAnswer]:
    """List training jobs, the newest first."""
    with parts.database.reading() as connection:
        found, total = training.page(connection, kind=kind, limit=limit, offset=offset)
    return Listing(
        data=[JobAnswer.of(job) for job in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.get("/api/v1/training-jobs/{name}", summary="One job", dependencies=READ, responses=errors(404, 503))
@router.get("/training-jobs/{name}", summary=f"One job {OLD}", dependencies=READ, responses=errors(404, 503))
def get_job(parts: ThisParts, name: Name) -> JobAnswer:
    """Return how far a job is, the end of its log, and what the gate decided."""
    with parts.database.reading() as connection:
        return JobAnswer.of(training.get(connection, name))


@router.post(
    "/api/v1/training-jobs/{name}/cancel",
    summary="Cancel a job",
    dependencies=ADMIN,
    responses=errors(404, 409, 503),
)
@router.post(
    "/training-jobs/{name}/cancel",
    summary=f"Cancel a job {OLD}",
    dependencies=ADMIN,
    responses=errors(404, 409, 503),
)
def cancel_job(parts: ThisParts, name: Name) -> JobAnswer:
    """End a job; it leaves nothing behind. One that has ended answers 409."""
    with parts.database.transaction() as connection:
        return JobAnswer.of(training.cancel(connection, name, parts.clock.now()))


@router.post(
    "/api/v1/model-init/bootstrap",
    status_code=202,
    summary="Have a first model made",
    dependencies=ADMIN,
    responses=errors(400, 409, 503),
)
@router.post(
    "/model-init/bootstrap",
    status_code=202,
    summary=f"Have a first model made {OLD}",
    dependencies=ADMIN,
    responses=errors(400, 409, 503),
)
def bootstrap(
    parts: ThisParts,
    auto_deploy: Annotated[bool, Query(description="Whether it goes into production if it passes.")] = False,
) -> JobAnswer:
    """Train from the rows that the shipped version carries, from GROUNDSWELL_DATA if given, and all feedback."""
    wanted = Request(kind="bootstrap", model=_key(parts, None), by="api", options={"promote": auto_deploy})
    with parts.database.transaction() as connection:
        return JobAnswer.of(training.ask(connection, wanted, parts.clock.now()))


@router.get(
    "/api/v1/model-init/endpoint-status",
    summary="Does a model answer?",
    dependencies=READ,
    responses=errors(503),
)
@router.get(
    "/model-init/endpoint-status",
    summary=f"Does a model answer? {OLD}",
    dependencies=READ,
    responses=errors(503),
)
def endpoint_status(parts: ThisParts) -> EndpointAnswer:
    """Say whether the first model is being made, answers, or could not be made."""
    key = _key(parts, None)
    with parts.database.reading() as connection:
        there = registry.production(connection, key)
        found, _ = training.page(connection, kind="bootstrap", limit=1)
    job = found[0] if found else None
    version = there.version if there else None
    if job and not job.has_ended:
        status, says = "Creating", f"{job.name} is making a model; {job.log[-1] if job.log else 'it waits'}."
    elif version:
        status, says = "InService", f"{key}@{version} answers."
    else:
        status, says = "Failed", job.error if job and job.error else f"No version of {key} is in production."
    return EndpointAnswer.model_validate(
        {
            "status": status,
            "model": key,
            "version": version,
            "job": job.name if job else None,
            "message": says,
        }
    )
