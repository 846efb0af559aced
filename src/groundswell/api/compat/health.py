"""Whether the database answers, at the path that earlier clients ask."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.status import is_up

router = APIRouter(tags=["paths of earlier clients"])


class DatabaseHealth(BaseModel):
    """Whether the database answers."""

    status: Literal["healthy", "unhealthy"] = Field(description="`healthy` when it answers.")
    database: Literal["up", "down"] = Field(description="The same in the words of `/health`.")


@router.get(
    "/db/health",
    summary="Does the database answer?",
    dependencies=[permission("open")],
    responses={503: {"model": DatabaseHealth, "description": "It does not."}},
)
def database_health(response: Response, parts: ThisParts) -> DatabaseHealth:
    """Ask the database; 503 when it does not answer."""
    if is_up(parts.database.ping):
        return DatabaseHealth(status="healthy", database="up")
    response.status_code = 503
    return DatabaseHealth(status="unhealthy", database="down")
