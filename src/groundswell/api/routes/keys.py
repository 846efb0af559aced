"""Keys over HTTP: list, make, end."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from groundswell.api.access.auditor import actor_of
from groundswell.api.answers.access import KeyAnswer, KeyIn, NewKeyAnswer
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.store import access
from groundswell.store.access import Wanted

router = APIRouter(prefix="/api/v1/keys", tags=["access"], dependencies=[permission("admin")])

KeyId = Annotated[str, InPath(max_length=100, description="Id of the key.")]


@router.get("", responses=errors(400, 503))
def list_keys(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[KeyAnswer]:
    """List the keys, also those that ended, oldest first; none of them is shown."""
    with parts.database.reading() as connection:
        found = access.keys(connection)
    return Listing(
        data=[KeyAnswer.model_validate(key) for key in found[offset : offset + limit]],
        metadata=ListMetadata(total=len(found), limit=limit, offset=offset),
    )


@router.post("", status_code=201, responses=errors(400, 503))
def create_key(parts: ThisParts, wanted: KeyIn, request: Request, response: Response) -> NewKeyAnswer:
    """Make a key. It is in this answer and nowhere else.

    The first key of an installation on loopback ends its time without keys.
    """
    now = parts.clock.now()
    ends = now + timedelta(days=wanted.days) if wanted.days else None
    new = Wanted(name=wanted.name, role=wanted.role, scopes=tuple(wanted.scopes), expires_at=ends)
    with parts.database.transaction() as connection:
        key, made = access.create(connection, new, by=actor_of(request.scope), at=now)
    response.headers["Location"] = f"/api/v1/keys/{key.id}"
    return NewKeyAnswer(**KeyAnswer.model_validate(key).model_dump(), key=made.token)


@router.delete("/{id}", responses=errors(400, 404, 503))
def revoke_key(parts: ThisParts, id: KeyId, request: Request) -> KeyAnswer:  # noqa: A002 - the name in the path
    """End a key; its sessions and open connections end within a second, in every process."""
    with parts.database.transaction() as connection:
        return KeyAnswer.model_validate(
            access.revoke(connection, id, by=actor_of(request.scope), at=parts.clock.now())
        )
