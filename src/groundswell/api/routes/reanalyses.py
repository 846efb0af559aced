"""History read again with another version: ask, follow, cancel, compare."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath

from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.answers.reanalyses import FlipAnswer, ReanalysisAnswer, ReanalysisIn, ResultAnswer
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.core.errors import InvalidInput, StoreUnavailable
from groundswell.store import reanalyses
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import Filters, Period
from groundswell.views.reanalysis import flips, packed, side_by_side, unpacked
from groundswell.views.topic_names import topic_number

router = APIRouter(tags=["models"])

READ, ADMIN = [permission("read")], [permission("admin")]
ALL = "/api/v1/reanalyses"

Number = Annotated[int, InPath(ge=1, le=2**63 - 1, description="Its number.")]


@router.post(ALL, status_code=202, dependencies=ADMIN, responses=errors(400, 404, 503))
def ask(parts: ThisParts, wanted: ReanalysisIn, response: Response) -> ReanalysisAnswer:
    """Have another version read a part of history again, as a job.

    Its readings show only under `model=`: no headline, no count and no alert moves.
    """
    versions = parts.reader.versions
    if versions is None:
        raise StoreUnavailable
    key, _, number = wanted.model.partition("@")
    if not number:
        raise InvalidInput("Name the version, too: key@version.", details={"parameter": "model"})
    name, now = versions.get(key, number).name, parts.clock.now()
    with parts.database.transaction() as connection:
        asked = packed(query_of(connection, wanted, now))
        row = reanalyses.create(connection, model=name, asked=asked, by="api", at=now)
    response.headers["Location"] = f"{ALL}/{row.id}"
    return ReanalysisAnswer.of(row)


def query_of(connection: Any, wanted: ReanalysisIn, now: datetime) -> FeedQuery:
    """Return which posts are meant: those that are there now."""
    topic = topic_number(connection, wanted.topic) if wanted.topic else None
    lang = wanted.lang.lower() if wanted.lang else None
    return FeedQuery(
        filters=Filters(source=wanted.source, topic=topic, lang=lang, model=wanted.headline_model),
        sentiment=wanted.sentiment,
        emotion=wanted.emotion,
        q=wanted.q,
        start=wanted.from_,
        end=wanted.to or now,
        clock=wanted.clock,
        order="oldest",
    )


@router.get(ALL, dependencies=READ, responses=errors(400, 503))
def list_reanalyses(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[ReanalysisAnswer]:
    """List re-analyses, the newest first."""
    with parts.database.reading() as connection:
        rows, total = reanalyses.page(connection, limit=limit, offset=offset)
    data = [ReanalysisAnswer.of(row) for row in rows]
    return Listing(data=data, metadata=ListMetadata(total=total, limit=limit, offset=offset))


@router.get(f"{ALL}/{{id}}", dependencies=READ, responses=errors(400, 404, 503))
def get_reanalysis(parts: ThisParts, id: Number) -> ReanalysisAnswer:  # noqa: A002 - its name everywhere
    """Return one with its progress."""
    with parts.database.reading() as connection:
        return ReanalysisAnswer.of(reanalyses.get(connection, id))


@router.post(f"{ALL}/{{id}}/cancel", dependencies=ADMIN, responses=errors(400, 404, 409, 503))
def cancel_reanalysis(parts: ThisParts, id: Number) -> ReanalysisAnswer:  # noqa: A002
    """End it after the step at hand; what was read stays."""
    with parts.database.transaction() as connection:
        return ReanalysisAnswer.of(reanalyses.cancel(connection, id, parts.clock.now()))


@router.get(f"{ALL}/{{id}}/result", dependencies=READ, responses=errors(400, 404, 503))
def get_result(
    parts: ThisParts,
    id: Number,  # noqa: A002
    period: Annotated[Period, Query(description="Length of a bucket.")] = "hour",
) -> ResultAnswer:
    """Show both readings of the same posts: two trends, agreement, kappa. Also while it runs."""
    with parts.database.reading() as connection:
        row = reanalyses.get(connection, id)
        return ResultAnswer.of(side_by_side(connection, unpacked(row.asked), row.model, period))


@router.get(f"{ALL}/{{id}}/flips", dependencies=READ, responses=errors(400, 404, 503))
def get_flips(parts: ThisParts, id: Number, limit: Limit = 20, offset: Offset = 0) -> Listing[FlipAnswer]:  # noqa: A002
    """List the posts the two read differently, first those where the version is surest; texts included."""
    with parts.database.reading() as connection:
        row = reanalyses.get(connection, id)
        query = unpacked(row.asked)
        found = flips(connection, query, row.model, limit=limit, offset=offset)
        both = side_by_side(connection, query, row.model, "day").compared
    total = both.posts - both.agreeing
    data = [FlipAnswer.of(flip) for flip in found]
    return Listing(data=data, metadata=ListMetadata(total=total, limit=limit, offset=offset))
