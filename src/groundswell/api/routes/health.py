"""Says whether the process breathes, and whether it can serve."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field

from groundswell.api.parts import Parts, Services, ThisParts, ThisServices
from groundswell.api.permissions import permission
from groundswell.api.status import is_up

router = APIRouter(tags=["operation"])

UpOrDown = Literal["up", "down"]


class Alive(BaseModel):
    """The process breathes."""

    status: Literal["alive"] = Field(default="alive", description="Always `alive`.")


class NeededServices(BaseModel):
    """What this process needs."""

    database: UpOrDown = Field(description="PostgreSQL.")
    redis: UpOrDown = Field(description="Valkey or Redis.")
    model: UpOrDown = Field(description="The model, or model service; `down`: a fallback answers.")


class Health(BaseModel):
    """Whether this process can serve."""

    status: Literal["healthy", "degraded"] = Field(description="`healthy` when everything it needs is up.")
    model_loaded: bool = Field(description="Whether texts can be read here.")
    services: NeededServices = Field(description="What it needs, each `up` or `down`.")
    timestamp: AwareDatetime = Field(description="When this was asked.")


@router.get("/health/live", summary="Is the process alive?", dependencies=[permission("open")])
async def live() -> Alive:
    """Answer as long as the process breathes; asks nobody else."""
    return Alive()


@router.get(
    "/health",
    summary="Can it serve?",
    dependencies=[permission("open")],
    responses={503: {"model": Health, "description": "The database or Valkey does not answer."}},
)
@router.get(
    "/api/health", summary="Can it serve? (path of earlier clients)", dependencies=[permission("open")]
)
def ready(response: Response, parts: ThisParts, services: ThisServices) -> Health:
    """Ask the database, Valkey and the model; 503 when posts can neither be taken in nor shown."""
    health = look(parts, services)
    if "down" in {health.services.database, health.services.redis}:
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return health


def look(parts: Parts, services: Services) -> Health:
    """Ask everything that this process needs."""
    is_loaded = services.predictor.info is not None
    found = NeededServices(
        database=_word(is_up(parts.database.ping)),
        redis=_word(is_up(parts.redis.ping)),
        model=_word(services.predictor.is_whole),
    )
    is_whole = {found.database, found.redis, found.model} == {"up"}
    return Health(
        status="healthy" if is_whole else "degraded",
        model_loaded=is_loaded,
        services=found,
        timestamp=parts.clock.now(),
    )


def _word(up: bool) -> UpOrDown:
    return "up" if up else "down"
