"""The mood of a window, at the paths of earlier clients; they go by when posts were written."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from groundswell.api.aggregates import TheseAggregates
from groundswell.api.answers.sentiment import DistributionAnswer, TimelineAnswer
from groundswell.api.parameters import DEFAULT_HOURS, Hours, Moment, NamedFilters, ThisWindow, window
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.routes.sentiment import ANSWERS, get_distribution, get_timeline
from groundswell.core.errors import InvalidInput
from groundswell.views.filters import EVERYTHING, OUTSIDE, Window

router = APIRouter(prefix="/api", tags=["paths of earlier clients"], dependencies=[permission("read")])

ALL = NamedFilters(filters=EVERYTHING, topic=None)


async def last_hours(parts: ThisParts, hours: Hours = None) -> Window:
    """Return the window of the last `hours`."""
    return await window(parts, hours=hours, clock="created")


async def start_to_end(
    parts: ThisParts,
    start: Annotated[Moment | None, Query(description="Begin, ISO 8601; without a zone it is UTC.")] = None,
    end: Annotated[Moment | None, Query(description="End, ISO 8601; without a zone it is UTC.")] = None,
) -> Window:
    """Return the window from `start` to `end`: up to now, or the 24 hours before `end`."""
    end = end or parts.clock.now()
    try:
        return Window(start=start or end - timedelta(hours=DEFAULT_HOURS), end=end, clock="created")
    except OverflowError:
        raise InvalidInput(OUTSIDE) from None


@router.get(
    "/sentiment/distribution",
    summary="The mood of the last hours",
    response_model=DistributionAnswer,
    responses=ANSWERS,
)
def distribution(
    parts: ThisParts, kept: TheseAggregates, span: Annotated[Window, Depends(last_hours)]
) -> Response:
    """Answer as `GET /api/v1/sentiment/distribution` does, by when posts were written."""
    return get_distribution(parts, kept, span, ALL)


@router.get(
    "/sentiment/aggregate",
    summary="The mood over time",
    response_model=TimelineAnswer,
    responses=ANSWERS,
)
def aggregate(
    parts: ThisParts,
    kept: TheseAggregates,
    span: Annotated[Window, Depends(start_to_end)],
    period: Annotated[Literal["hour", "day"], Query(description="Length of a bucket.")] = "hour",
) -> Response:
    """Answer as `GET /api/v1/sentiment/timeline` does, by when posts were written."""
    return get_timeline(parts, kept, span, ALL, period)


@router.get(
    "/metrics",
    summary="The mood of a window as JSON",
    response_model=DistributionAnswer,
    responses=ANSWERS,
)
def metrics(parts: ThisParts, kept: TheseAggregates, span: ThisWindow) -> Response:
    """Answer as `GET /api/v1/sentiment/distribution` does; the metrics for Prometheus are at `/metrics`."""
    return get_distribution(parts, kept, span, ALL)
