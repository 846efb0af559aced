"""The mood of a window as shares, and over time."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from groundswell.api.aggregates import TheseAggregates
from groundswell.api.answers.sentiment import DistributionAnswer, TimelineAnswer
from groundswell.api.errors import errors
from groundswell.api.parameters import TheseFilters, ThisWindow
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.watermark import watermark
from groundswell.views.completeness import collection
from groundswell.views.distribution import distribution
from groundswell.views.filters import Period
from groundswell.views.timeline import MAX_BUCKETS, timeline

router = APIRouter(prefix="/api/v1/sentiment", tags=["sentiment"], dependencies=[permission("read")])

ANSWERS: dict[int | str, dict[str, Any]] = {
    304: {"description": "You have it already: it has the ETag of your `If-None-Match`."},
    **errors(400, 503),
}


@router.get("/distribution", response_model=DistributionAnswer, responses=ANSWERS)
def get_distribution(
    parts: ThisParts, kept: TheseAggregates, window: ThisWindow, named: TheseFilters
) -> Response:
    """Say how the posts of a window divide into negative, neutral and positive, and how sure that is.

    The window is widened to whole minutes. Each interval covers its share with 95 % on its own; the
    three hold together with at least 85 % (Bonferroni).
    """

    def compute() -> DistributionAnswer:
        now, mark = parts.clock.now(), watermark(parts)
        with parts.database.reading() as connection:
            filters = named.resolve(connection)
            known = collection(connection, window, filters, mark)
            return DistributionAnswer.of(distribution(connection, window, filters, known), now)

    return kept.answer(window, compute)


@router.get("/timeline", response_model=TimelineAnswer, responses=ANSWERS)
def get_timeline(
    parts: ThisParts,
    kept: TheseAggregates,
    window: ThisWindow,
    named: TheseFilters,
    period: Annotated[
        Period,
        Query(description=f"Length of a bucket; days are days of UTC. At most {MAX_BUCKETS:,} buckets."),
    ] = "hour",
) -> Response:
    """Say how the mood of a window went, bucket by bucket, empty buckets included.

    The window is widened to whole minutes. Its first and last bucket hold what lies inside it, and
    are not called complete when it cuts them.
    """

    def compute() -> bytes:
        now, mark = parts.clock.now(), watermark(parts)
        with parts.database.reading() as connection:
            filters = named.resolve(connection)
            known = collection(connection, window, filters, mark)
            found = timeline(connection, window, filters, period, known)
        return TimelineAnswer.written(found, now)

    return kept.answer(window, compute)
