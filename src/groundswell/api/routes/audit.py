"""The audit log, to be read."""

from typing import Annotated

from fastapi import APIRouter, Query

from groundswell.api.answers.access import AuditAnswer
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.store import audit

router = APIRouter(tags=["access"])


@router.get("/api/v1/audit", dependencies=[permission("admin")], responses=errors(400, 503))
def list_audit(
    parts: ThisParts,
    actor: Annotated[str | None, Query(max_length=100, description="Only what this key did.")] = None,
    action: Annotated[str | None, Query(max_length=200, description="Only this action.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Listing[AuditAnswer]:
    """List who did what, newest first."""
    with parts.database.reading() as connection:
        found, total = audit.page(connection, actor=actor, action=action, limit=limit, offset=offset)
    return Listing(
        data=[AuditAnswer.model_validate(entry) for entry in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )
