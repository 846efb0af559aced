"""Alerts at the paths that earlier clients watch; what is wrong with the system itself is looked up now."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from groundswell.api.answers.alerts import AlertAnswer
from groundswell.api.answers.listing import Answer, Listing, ListMetadata
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts, ThisServices
from groundswell.api.permissions import permission
from groundswell.api.routes.alerts import AlertQuery, found_alerts
from groundswell.api.status import Books, Stored, ledger, stored
from groundswell.views.status import SourceState

router = APIRouter(tags=["paths of earlier clients"])

BACKLOG_SECONDS = 60.0
"""A post that waits longer than this is late on a live page."""

SILENT_SECONDS = 300.0
"""A live source whose cursor has not moved for so long is silent; Bluesky never is."""

Severity = Literal["warning", "critical"]
NETWORKS = ("bluesky", "mastodon", "rss", "hackernews", "reddit", "youtube")


class SystemAlert(Answer):
    """Something about the system that a person should look at; it is listed as long as it lasts."""

    id: str = Field(description="What it is about; the same as long as it lasts.")
    alert_type: Literal["system"] = Field(default="system", description="Always `system`.")
    message: str = Field(description="What is wrong and what to do, in a sentence or two.")
    severity: Severity = Field(description="`critical`: nothing works until it is mended.")
    status: Literal["open"] = Field(default="open", description="Always `open`: what is over is not listed.")
    threshold_value: float | None = Field(description="The number at which it is raised, where there is one.")
    actual_value: float | None = Field(description="The number now, where there is one.")
    triggered_at: AwareDatetime = Field(description="When it was seen: now.")
    details: dict[str, Any] = Field(description="More about it.")


@router.get(
    "/alerts",
    summary="What is wrong with the system?",
    dependencies=[permission("read")],
    responses=errors(400),
)
def system_alerts(
    parts: ThisParts, services: ThisServices, query: Annotated[AlertQuery, Query()]
) -> Listing[SystemAlert | AlertAnswer]:
    """List what is wrong now (a part is away, a backlog, a silent source, parked posts), then raised alerts."""
    now = parts.clock.now()
    books, tables = ledger(parts), stored(parts)
    found = list(_degraded(books, tables, has_model=services.predictor.is_whole, now=now))
    found += _of_stream(books, now) if books else []
    found += _of_tables(tables, now) if tables else []
    raised = found_alerts(parts, query, ["system", "drift", "silence"]) if tables else None
    data = [*found, *(raised.data if raised else ())][: query.limit]
    total = len(found) + (raised.metadata.total if raised else 0)
    return Listing(data=data, metadata=ListMetadata(total=total, limit=query.limit, offset=query.offset))


@router.get(
    "/api/alerts",
    summary="Alerts about what people write",
    dependencies=[permission("read")],
    responses=errors(400, 503),
)
def sentiment_alerts(parts: ThisParts, query: Annotated[AlertQuery, Query()]) -> Listing[AlertAnswer]:
    """List alerts about the posts, newest first."""
    return found_alerts(parts, query, ["negative_share", "emotion_share", "change", "volume"])


def _alert(name: str, message: str, severity: Severity, now: datetime, **more: Any) -> SystemAlert:
    numbers = {"threshold_value": more.pop("threshold", None), "actual_value": more.pop("actual", None)}
    return SystemAlert(id=name, message=message, severity=severity, triggered_at=now, details=more, **numbers)


def _degraded(
    books: Books | None, tables: Stored | None, *, has_model: bool, now: datetime
) -> Iterator[SystemAlert]:
    if tables is None:
        yield _alert("degraded:database", "The database does not answer.", "critical", now)
    if books is None:
        yield _alert("degraded:redis", "Valkey (or Redis) does not answer.", "critical", now)
    if not has_model:
        yield _alert(
            "degraded:model", "The model does not answer; a fallback does, if it can.", "critical", now
        )


def _of_stream(books: Books, now: datetime) -> Iterator[SystemAlert]:
    waits = round(books.oldest_seconds(now), 1)
    if waits > BACKLOG_SECONDS:
        yield _alert(
            "backlog",
            f"{books.backlog:,} posts wait, the oldest for {waits:,.0f} seconds; start more workers.",
            "warning", now, threshold=BACKLOG_SECONDS, actual=waits, backlog=books.backlog,
        )  # fmt: skip


def _of_tables(tables: Stored, now: datetime) -> Iterator[SystemAlert]:
    if tables.parked:
        yield _alert(
            "parking",
            f"{tables.parked:,} posts could not be read and are parked; `groundswell parked list` shows why.",
            "warning", now, threshold=0, actual=tables.parked,
        )  # fmt: skip
    for source in tables.store.sources:
        if source.last_event == "error" or _is_silent(source, now):
            yield _alert(
                f"source:{source.source}",
                f"The source {source.source} is silent: {source.detail or 'its cursor does not move.'}",
                "warning", now, threshold=SILENT_SECONDS, source=source.source, read_until=source.read_until,
            )  # fmt: skip


def _is_silent(source: SourceState, now: datetime) -> bool:
    """Tell whether a live source that runs has told nothing for long; files may be quiet."""
    is_live = source.source.partition(":")[0] in NETWORKS and source.last_event != "stopped"
    newest = max(filter(None, (source.read_until, source.last_event_at)), default=None)
    return is_live and newest is not None and now - newest > timedelta(seconds=SILENT_SECONDS)
