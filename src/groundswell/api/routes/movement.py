"""Why the mood of two windows differs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from groundswell.alerts.explanation import Question, explain
from groundswell.alerts.message import reasons
from groundswell.api.aggregates import TheseAggregates
from groundswell.api.answers.alerts import Label, Reasons, ShownPost
from groundswell.api.parameters import Moment, TheseFilters, ThisWindow
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.routes.sentiment import ANSWERS
from groundswell.core.errors import InvalidInput
from groundswell.views.contrast import Span, shown
from groundswell.views.filters import OUTSIDE, Window

router = APIRouter(prefix="/api/v1/sentiment", tags=["sentiment"], dependencies=[permission("read")])


@router.get("/movement", response_model=Reasons, responses=ANSWERS)
def get_movement(
    parts: ThisParts,
    kept: TheseAggregates,
    window: ThisWindow,
    named: TheseFilters,
    baseline_from: Annotated[
        Moment | None,
        Query(description="Begin of the window to compare with; without it, one as long as the other."),
    ] = None,
    baseline_to: Annotated[
        Moment | None, Query(description="Its end; without it, the begin of the other window.")
    ] = None,
    label: Annotated[Label, Query(description="Whose share is explained.")] = "negative",
) -> Response:
    """Say why a share differs between two windows: terms, an exact split, copies, voices, posts.

    Windows are widened to whole minutes. Nothing is guessed: every figure is a count of stored posts
    or follows from one.
    """
    before = _baseline(window, baseline_from, baseline_to)

    def compute() -> Reasons:
        with parts.database.reading() as connection:
            asked = Question(
                now=Span(start=window.start, end=window.end, clock=window.clock),
                before=Span(start=before.start, end=before.end, clock=before.clock),
                filters=named.resolve(connection),
                label=label,
            )
            found = explain(connection, asked)
            posts = [ShownPost.of(post) for post in shown(connection, found.posts)]
        return Reasons.model_validate({**reasons(found), "posts": posts})

    return kept.answer(window, compute, has_words=True)


def _baseline(window: Window, start: datetime | None, end: datetime | None) -> Window:
    """Return the window to compare with: as asked, else as long as `window` and right before it."""
    end = end or window.start
    try:
        start = start or end - (window.end - window.start)
    except OverflowError:
        raise InvalidInput(OUTSIDE, details={"parameter": "baseline_from"}) from None
    return Window(start=start, end=end, clock=window.clock)
