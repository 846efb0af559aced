"""Labelling: the next post of a queue, what people say of it, how far they agree, and who settles it."""

from datetime import datetime
from random import SystemRandom
from typing import Annotated

from fastapi import APIRouter, Query, Response

from groundswell.api.answers.feedback import FeedbackAnswer, Name
from groundswell.api.answers.labels import (
    NOBODY,
    AdjudicationIn,
    AgreementAnswer,
    DisputeAnswer,
    LabelIn,
    SharesAnswer,
    TaskAnswer,
)
from groundswell.api.answers.listing import Limit, Listing, ListMetadata
from groundswell.api.errors import errors
from groundswell.api.parameters import From, To, Word
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.core.errors import InvalidInput
from groundswell.learning import labelling
from groundswell.learning.concord import concord
from groundswell.learning.labelling import Labelling, Verdict
from groundswell.learning.shares import estimated
from groundswell.store import labels
from groundswell.store.labels import Question, Queue
from groundswell.views.topic_names import topic_number

router = APIRouter(prefix="/api/v1/labels", tags=["learning"])

READ, ANNOTATE = [permission("read")], [permission("annotate")]


@router.get("/next", summary="The next post to label", dependencies=ANNOTATE, responses=errors(400, 503))
def next_task(
    parts: ThisParts,
    response: Response,
    queue: Annotated[
        Queue,
        Query(
            description="`random`: a uniform sample, the only labels that may be used to estimate shares; "
            "`uncertainty`: where the model hesitates; `disagreement`: where two versions differ."
        ),
    ] = "random",
    annotator: Annotated[Name, Query(description="Who labels.")] = NOBODY,
    topic: Annotated[Word | None, Query(description="Only posts about this topic: its name or id.")] = None,
    from_: From = None,
    to: To = None,
) -> TaskAnswer | None:
    """Hand out the next post of a queue for fifteen minutes; null when there is none.

    A set share (`GROUNDSWELL_DOUBLE_CODING`) goes to two people. Nobody sees what a model or anybody
    else says of the post.
    """
    desk = Labelling(double_coding=parts.settings.double_coding, random=SystemRandom())
    with parts.database.transaction() as connection:
        number = topic_number(connection, topic) if topic else None
        question = _question(queue, number, from_, to)
        task = desk.next(connection, question, annotator, parts.clock.now())
    response.headers["Cache-Control"] = "no-store"
    return TaskAnswer.of(task) if task else None


def _question(queue: Queue, number: int | None, start: datetime | None, end: datetime | None) -> Question:
    if start and end and start >= end:
        raise InvalidInput("A window must end after it begins.", details={"parameter": "to"})
    return Question(queue=queue, topic=number, start=start, end=end)


@router.get(
    "/shares",
    summary="How posts divide as people see them",
    dependencies=READ,
    responses=errors(400, 404, 503),
)
def estimated_shares(
    parts: ThisParts,
    topic: Annotated[Word | None, Query(description="The topic the posts were drawn for.")] = None,
    from_: From = None,
    to: To = None,
) -> SharesAnswer:
    """Estimate the shares of the sentiments among all posts from the labels of the queue `random`.

    Topic and times are those the posts were drawn for (`/next`). Each post counts by one over its chance of
    being labelled, so that posts that came late and had fewer draws to be taken in count as they should.
    Where two people differ and nobody has decided, each counts for half.
    """
    with parts.database.reading() as connection:
        number = topic_number(connection, topic) if topic else None
        return SharesAnswer.of(estimated(connection, _question("random", number, from_, to)))


@router.post(
    "",
    status_code=201,
    summary="Label a post",
    dependencies=ANNOTATE,
    responses=errors(400, 404, 409, 503),
)
def add_label(parts: ThisParts, given: LabelIn) -> FeedbackAnswer | None:
    """Keep what an annotator says of the post of a task, or pass it over (then the answer is null).

    Sent again, it replaces what was said before.
    """
    with parts.database.transaction() as connection:
        if given.user_label is None:
            labelling.pass_over(connection, given.task, given.annotator)
            return None
        verdict = Verdict(label=given.user_label, emotion=given.emotion, annotator=given.annotator)
        return FeedbackAnswer.of(labelling.answer(connection, given.task, verdict, parts.clock.now()))


@router.get("/agreement", summary="How far people agree", dependencies=READ, responses=errors(400, 503))
def agreement(
    parts: ThisParts,
    queue: Annotated[
        Queue | None, Query(description="Only labels from this queue; else all that people said.")
    ] = None,
    from_: From = None,
    to: To = None,
) -> AgreementAnswer:
    """Return Krippendorff's alpha of all annotators and Cohen's kappa of each two, with intervals.

    Counted are texts that two people or more labelled, each with a person's last word before any
    adjudication; `from` and `to` are times of labelling.
    """
    with parts.database.reading() as connection:
        words = labels.said(connection, origin=queue, start=from_, end=to)
        disputed = labels.count_disputed(connection)
    return AgreementAnswer.of(concord(words), disputed)


@router.get("/disputes", summary="What people disagree on", dependencies=READ, responses=errors(400, 503))
def disputes(parts: ThisParts, limit: Limit = 20) -> Listing[DisputeAnswer]:
    """List the texts of which annotators say different things and nobody has decided, the oldest first."""
    with parts.database.reading() as connection:
        found = labels.disputed(connection, limit)
        total = labels.count_disputed(connection)
    return Listing(
        data=[DisputeAnswer.of(dispute) for dispute in found],
        metadata=ListMetadata(total=total, limit=limit, offset=0),
    )


@router.post(
    "/adjudicate",
    status_code=201,
    summary="Settle a disagreement",
    dependencies=ANNOTATE,
    responses=errors(400, 404, 409, 503),
)
def adjudicate(parts: ThisParts, given: AdjudicationIn) -> FeedbackAnswer:
    """Decide what a text is; from now on only this holds, and agreement still counts what people said."""
    verdict = Verdict(label=given.user_label, emotion=given.emotion, annotator=given.annotator)
    with parts.database.transaction() as connection:
        return FeedbackAnswer.of(labelling.adjudicate(connection, given.feedback, verdict, parts.clock.now()))
