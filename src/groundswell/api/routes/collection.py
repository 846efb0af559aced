"""The collection log: when each source was listened to, and when it was not."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from groundswell.api.answers.listing import Answer, Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.views.status import collection_log

router = APIRouter(prefix="/api/v1/collection-log", tags=["operation"])

Source = Annotated[
    str | None,
    Query(max_length=300, pattern=r"^[^\x00]*$", description="Only this source, as `/status` names it."),
]


class LogAnswer(Answer):
    """One entry."""

    id: int = Field(description="Its number; later entries have higher ones.")
    source: str = Field(description="Which source.")
    kind: Literal["started", "stopped", "gap", "error"] = Field(description="What happened.")
    starts_at: AwareDatetime = Field(description="When, or when it began.")
    ends_at: AwareDatetime | None = Field(description="When it ended; null: it was a moment, or goes on.")
    detail: str = Field(description="More about it.")


@router.get("", dependencies=[permission("read")], responses=errors(400, 503))
def list_collection_log(
    parts: ThisParts, source: Source = None, limit: Limit = 20, offset: Offset = 0
) -> Listing[LogAnswer]:
    """List what happened to the sources, the newest first: starts, stops, errors and gaps."""
    with parts.database.reading() as connection:
        found, total = collection_log(connection, source=source, limit=limit, offset=offset)
    return Listing(
        data=[LogAnswer.model_validate(entry) for entry in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )
