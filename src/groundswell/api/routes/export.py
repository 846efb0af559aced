"""Everything that the feed or a view shows, as a file: CSV, JSONL, Parquet or XLSX, streamed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from groundswell.api.errors import errors
from groundswell.api.parameters import TheseFilters, ThisWindow
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.routes.posts import chosen
from groundswell.api.watermark import watermark
from groundswell.files.columns import Column
from groundswell.files.tables import MEDIA_TYPES, Form, Rows, write
from groundswell.views import export
from groundswell.views.completeness import collection
from groundswell.views.distribution import distribution
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import Period
from groundswell.views.timeline import timeline

router = APIRouter(prefix="/api/v1/export", tags=["export"], dependencies=[permission("read")])

FILE = {
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", **FILE},
    **errors(400, 503),
}

As = Annotated[
    Form,
    Query(
        alias="format",
        description="`csv` (UTF-8 with BOM; a text that begins like a formula gets an apostrophe), `jsonl`, "
        "`parquet` or `xlsx`.",
    ),
]


@router.get("/posts", response_class=StreamingResponse, responses=ANSWERS)
def export_posts(
    parts: ThisParts, query: Annotated[FeedQuery, Depends(chosen)], named: TheseFilters, form: As = "csv"
) -> StreamingResponse:
    """Send every post that `GET /api/v1/posts` would list on all its pages; `limit` and `offset` do not count."""
    with parts.database.reading() as connection:
        query = replace(query, filters=named.resolve(connection))
    pages = export.posts(parts.database.reading, query)
    return _file("posts", pages, export.POST_COLUMNS, form)


@router.get("/distribution", response_class=StreamingResponse, responses=ANSWERS)
def export_distribution(
    parts: ThisParts, window: ThisWindow, named: TheseFilters, form: As = "csv"
) -> StreamingResponse:
    """Send what `GET /api/v1/sentiment/distribution` shows."""
    mark = watermark(parts)
    with parts.database.reading() as connection:
        filters = named.resolve(connection)
        found = distribution(connection, window, filters, collection(connection, window, filters, mark))
    return _file("distribution", export.distribution(found), export.DISTRIBUTION_COLUMNS, form)


@router.get("/timeline", response_class=StreamingResponse, responses=ANSWERS)
def export_timeline(
    parts: ThisParts,
    window: ThisWindow,
    named: TheseFilters,
    period: Annotated[Period, Query(description="Length of a bucket.")] = "hour",
    form: As = "csv",
) -> StreamingResponse:
    """Send what `GET /api/v1/sentiment/timeline` shows."""
    mark = watermark(parts)
    with parts.database.reading() as connection:
        filters = named.resolve(connection)
        known = collection(connection, window, filters, mark)
        found = timeline(connection, window, filters, period, known)
    return _file("timeline", export.timeline(found), export.TIMELINE_COLUMNS, form)


def _file(name: str, pages: Iterator[Rows], columns: Sequence[Column], form: Form) -> StreamingResponse:
    """Answer with a file; its first page is read now, so that what is wrong can still be said."""
    first = next(pages, ())
    body = write(chain([first], pages), columns, form)
    headers = {"Content-Disposition": f'attachment; filename="groundswell-{name}.{form}"'}
    return StreamingResponse(body, media_type=MEDIA_TYPES[form], headers=headers)
