"""Erase, or hand out, what is kept of an author or a post: a job with a receipt."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from groundswell.api.access.auditor import actor_of
from groundswell.api.answers.access import RequestAnswer, SubjectIn
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.ingest.subject import subject
from groundswell.store import privacy
from groundswell.store.privacy import Kind

router = APIRouter(prefix="/api/v1/privacy", tags=["privacy"], dependencies=[permission("admin")])

RequestId = Annotated[UUID, InPath(description="Id of the request.")]


@router.post("/erase", status_code=202, responses=errors(400, 503))
def erase(parts: ThisParts, whose: SubjectIn, request: Request, response: Response) -> RequestAnswer:
    """Ask for an erasure, everywhere and for good: also of posts on their way, parked, or sent again.

    A job does it; `GET /api/v1/privacy/{id}` is its receipt.
    """
    return _ask(parts, "erase", whose, request, response)


@router.post("/export", status_code=202, responses=errors(400, 503))
def export(parts: ThisParts, whose: SubjectIn, request: Request, response: Response) -> RequestAnswer:
    """Ask for everything that is kept of an author or a post; `GET /api/v1/privacy/{id}/file` fetches it."""
    return _ask(parts, "export", whose, request, response)


def _ask(parts: Parts, kind: Kind, whose: SubjectIn, request: Request, response: Response) -> RequestAnswer:
    now = parts.clock.now()
    found = subject(parts.door, now, **whose.model_dump())
    with parts.database.transaction() as connection:
        asked = privacy.ask(connection, kind, found, by=actor_of(request.scope), at=now)
    response.headers["Location"] = f"/api/v1/privacy/{asked.id}"
    return RequestAnswer.model_validate(asked)


@router.get("", responses=errors(400, 503))
def list_requests(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[RequestAnswer]:
    """List the requests, newest first."""
    with parts.database.reading() as connection:
        found, total = privacy.page(connection, limit=limit, offset=offset)
    return Listing(
        data=[RequestAnswer.model_validate(one) for one in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.get("/{id}", responses=errors(400, 404, 503))
def get_request(parts: ThisParts, id: RequestId) -> RequestAnswer:  # noqa: A002 - the name in the path
    """Return a request; once it is done, this is its receipt."""
    with parts.database.reading() as connection:
        return RequestAnswer.model_validate(privacy.get(connection, id))


@router.get(
    "/{id}/file",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "The file."},
        **errors(400, 404, 503),
    },
)
def get_file(parts: ThisParts, id: RequestId) -> Response:  # noqa: A002
    """Return the file of an export."""
    with parts.database.reading() as connection:
        content = privacy.file(connection, id)
    name = f'attachment; filename="groundswell-{id}.json"'
    return Response(content, media_type="application/json", headers={"Content-Disposition": name})
