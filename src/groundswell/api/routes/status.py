"""Tells an operator how the whole is doing, also when half of it is away."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from groundswell import __version__
from groundswell.api.failsafe import breakers
from groundswell.api.parts import Services, ThisParts, ThisServices
from groundswell.api.permissions import permission
from groundswell.api.status import Books, Stored, cache_counts, ledger, stored

router = APIRouter(tags=["operation"])


class StreamStatus(BaseModel):
    """The stream's books: what was ever added is settled or waits."""

    backlog: int = Field(description="Entries that wait.")
    oldest_seconds: float = Field(description="Age of the oldest of them; 0 when none waits.")
    pending: int = Field(description="Entries of the backlog that a worker is busy with.")
    parked: int | None = Field(description="Posts parked for a decision; null while the database is away.")
    added: int = Field(description="Entries ever added.")
    settled: int = Field(description="Entries ever settled.")
    outcomes: dict[str, int] = Field(description="How they were settled.")
    imbalance: int = Field(description="added - settled - backlog: 0, else a post was lost or counted twice.")


class ProcessStatus(BaseModel):
    """One living process."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Its name.")
    role: str = Field(description="What it does: api, worker, watch, ingest.")
    host: str = Field(description="The machine it runs on.")
    pid: int = Field(description="Its number there.")
    version: str = Field(description="The version of Groundswell it runs.")
    started_at: AwareDatetime = Field(description="When it started.")
    state: dict[str, Any] = Field(description="What it says about itself.")


class ModelStatus(BaseModel):
    """The model of this process."""

    key: str = Field(description="Its key.")
    version: str = Field(description="Its version.")
    description: str = Field(description="One sentence for people who choose a model.")
    labels: list[str] = Field(description="The sentiments it can answer.")
    has_emotions: bool = Field(description="Whether it reads emotions.")
    loaded: bool = Field(description="Whether it is in memory.")


class SourceStatus(BaseModel):
    """Where one source stands."""

    model_config = ConfigDict(from_attributes=True)

    source: str = Field(description="Its name.")
    read_until: AwareDatetime | None = Field(description="When its cursor was last saved.")
    last_event: str | None = Field(description="started, stopped, gap or error.")
    last_event_at: AwareDatetime | None = Field(description="When that was.")
    detail: str = Field(description="More about it.")


class LiveStatus(BaseModel):
    """The live feed of this process."""

    clients: int = Field(description="How many listen.")


class LastAlert(BaseModel):
    """The newest alert, in short."""

    id: UUID = Field(description="Its id.")
    message: str = Field(description="What it says.")
    status: str = Field(description="open, acknowledged or resolved.")
    triggered_at: AwareDatetime = Field(description="When it was raised.")


class Status(BaseModel):
    """How the whole is doing."""

    status: Literal["healthy", "degraded"] = Field(description="`healthy` when nothing is missing.")
    unavailable: list[str] = Field(description="Which of `database`, `redis` and `model` are away.")
    version: str = Field(description="The version of Groundswell that answers.")
    started_at: AwareDatetime = Field(description="When this process started.")
    uptime_seconds: float = Field(description="How long ago that was.")
    stream: StreamStatus | None = Field(description="The stream's books; null while Valkey is away.")
    posts_counted: int | None = Field(description="Posts counted since the beginning; null: database away.")
    last_analyzed_at: AwareDatetime | None = Field(description="When a post was last read.")
    processes: list[ProcessStatus] | None = Field(description="Living processes; null: database away.")
    models: list[ModelStatus] = Field(description="The models of this process.")
    breakers: list[dict[str, Any]] = Field(
        description="Circuit breakers by process and backend; `/api/v1/failsafe` says what they mean."
    )
    cache: dict[str, int] = Field(description="Look-ups in the result cache by result, in this process.")
    live: LiveStatus = Field(description="Who listens to this process.")
    sources: list[SourceStatus] | None = Field(description="Sources; null: database away.")
    last_alert: LastAlert | None = Field(description="The newest alert; null: there was none.")
    timestamp: AwareDatetime = Field(description="When this was asked.")


@router.get("/api/v1/status", summary="How is it doing?", dependencies=[permission("read")])
@router.get(
    "/status", summary="How is it doing? (path of earlier clients)", dependencies=[permission("read")]
)
def status(parts: ThisParts, services: ThisServices) -> Status:
    """Gather what an operator asks first; what is away is null and named in `unavailable`."""
    books, tables, now = ledger(parts), stored(parts), parts.clock.now()
    missing = {"database": tables, "redis": books, "model": services.predictor.is_whole or None}
    unavailable = [name for name, found in missing.items() if found is None]
    return Status(
        status="degraded" if unavailable else "healthy",
        unavailable=unavailable,
        version=__version__,
        started_at=parts.started_at,
        uptime_seconds=round((now - parts.started_at).total_seconds(), 1),
        stream=_stream(books, tables, now) if books else None,
        models=_models(services),
        breakers=[dict(one) for one in breakers(parts).all],
        cache=cache_counts(parts.metrics),
        live=LiveStatus(clients=services.hub.clients),
        last_alert=_last_alert(tables),
        timestamp=now,
        **_tables(tables),
    )


def _last_alert(tables: Stored | None) -> LastAlert | None:
    newest = tables.last_alert if tables else None
    return LastAlert.model_validate(newest, from_attributes=True) if newest else None


def _stream(books: Books, tables: Stored | None, now: datetime) -> StreamStatus:
    return StreamStatus(
        backlog=books.backlog,
        oldest_seconds=round(books.oldest_seconds(now), 3),
        pending=books.pending,
        parked=tables.parked if tables else None,
        added=books.added,
        settled=sum(books.settled.values()),
        outcomes=dict(books.settled),
        imbalance=books.imbalance,
    )


def _tables(tables: Stored | None) -> dict[str, Any]:
    if tables is None:
        return dict.fromkeys(("posts_counted", "last_analyzed_at", "processes", "sources"))
    return {
        "posts_counted": tables.store.counted,
        "last_analyzed_at": tables.store.last_analyzed_at,
        "processes": [ProcessStatus.model_validate(process) for process in tables.processes],
        "sources": [SourceStatus.model_validate(source) for source in tables.store.sources],
    }


def _models(services: Services) -> list[ModelStatus]:
    info = services.predictor.info
    if info is None:
        return []
    return [
        ModelStatus(
            key=info.key,
            version=info.version,
            description=info.description,
            labels=list(info.labels),
            has_emotions=info.has_emotions,
            loaded=True,
        )
    ]
