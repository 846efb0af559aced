"""Saved views: what people look at again on the dashboard, by name, shared by all who use it."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.answers.saved_views import SavedViewAnswer, SavedViewIn
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.store import saved_views

router = APIRouter(prefix="/api/v1/saved-views", tags=["saved views"])

READ, WRITE = [permission("read")], [permission("write")]

ViewId = Annotated[int, InPath(ge=1, le=2**31 - 1, description="Number of the saved view.")]


@router.get("", dependencies=READ, responses=errors(400, 503))
def list_saved_views(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[SavedViewAnswer]:
    """List the saved views by name."""
    with parts.database.reading() as connection:
        found, total = saved_views.rows(connection, limit=limit, offset=offset)
    return Listing(
        data=[SavedViewAnswer.model_validate(row) for row in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.post("", status_code=201, dependencies=WRITE, responses=errors(400, 409, 503))
def create_saved_view(parts: ThisParts, view: SavedViewIn) -> SavedViewAnswer:
    """Save a view under a name."""
    with parts.database.transaction() as connection:
        return SavedViewAnswer.model_validate(saved_views.create(connection, **view.model_dump()))


@router.delete("/{id}", status_code=204, dependencies=WRITE, responses=errors(400, 404, 503))
def delete_saved_view(parts: ThisParts, id: ViewId) -> None:  # noqa: A002 - the parameter's name in the path
    """Remove a saved view; nothing else changes."""
    with parts.database.transaction() as connection:
        saved_views.delete(connection, id)
