"""Feedback: what people say of a text or a post is kept, and listed."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from groundswell.api.answers.feedback import FeedbackAnswer, FeedbackIn, WithdrawAnswer, WithdrawIn
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.errors import errors, invalid_parameter
from groundswell.api.parameters import Word
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.core.errors import GroundswellError, InvalidInput
from groundswell.core.incoming import RawDeletion
from groundswell.core.mood import Sentiment
from groundswell.core.post import Deletion
from groundswell.learning import feedback
from groundswell.learning.feedback import FeedbackQuery, Origin, Said, Withdrawal

router = APIRouter(tags=["learning"])

SENT = errors(400, 404, 409, 503)


@router.post(
    "/api/v1/feedback",
    status_code=201,
    summary="Say what a text really is",
    dependencies=[permission("annotate")],
    responses=SENT,
)
@router.post(
    "/feedback",
    status_code=201,
    summary="Say what a text really is (path of earlier clients)",
    dependencies=[permission("annotate")],
    responses=SENT,
)
def give_feedback(parts: ThisParts, given: FeedbackIn) -> FeedbackAnswer:
    """Keep what a person says of a text, or of a stored post; models are retrained on it.

    A later label of the same text by the same annotator replaces the earlier one, which is kept. Of a text
    without `model` and `model_prediction` the model in production is asked, if this process has it at hand;
    else both stay null, and the item does not count where people and models are compared.
    """
    if given.text is not None and given.post_id is not None:
        raise InvalidInput(
            "Give a 'text' or a 'post_id', not both: of a post the store has the text.",
            details={"parameter": "post_id"},
        )
    most = parts.settings.max_text_characters
    model, prediction = given.model, given.model_prediction
    if given.text and model is None and prediction is None:
        model, prediction = _read_here(parts, given.text[:most])
    with parts.database.transaction() as connection:
        post = (
            feedback.post_named(connection, given.post_id, partial(_key_of, parts)) if given.post_id else None
        )
        said = Said(
            label=given.user_label,
            text=given.text,
            post=post,
            emotion=given.emotion,
            annotator=given.annotator,
            model=model,
            prediction=prediction,
            origin="live" if post else "api",
        )
        return FeedbackAnswer.of(feedback.keep(connection, said, parts.clock.now(), most_characters=most))


@router.post(
    "/api/v1/feedback/withdraw",
    summary="Take feedback back",
    dependencies=[permission("admin")],
    responses=errors(400, 503),
)
def withdraw_feedback(parts: ThisParts, given: WithdrawIn) -> WithdrawAnswer:
    """Let feedback hold no longer, for instance all that somebody swapped: nothing is learned from it any more.

    It stays listed as superseded, and in the sets that were frozen with it. A version that has learned from it
    stays as it is; go back with a rollback.
    """
    which = Withdrawal(**given.model_dump())
    with parts.database.transaction() as connection:
        return WithdrawAnswer(withdrawn=feedback.withdraw(connection, which))


def _read_here(parts: Parts, text: str) -> tuple[str | None, Sentiment | None]:
    """Return what production reads in a text, so that agreement can be measured; nothing where it is not at hand."""
    model = parts.reader.current.model
    if model is None:
        return None, None
    try:
        (reading,) = model.read([text])
    except GroundswellError:
        return None, None
    return reading.model_used, reading.sentiment


def _key_of(parts: Parts, source: str, post_id: str) -> UUID:
    """Return the key of a post as the door makes it."""
    named = parts.door.check(RawDeletion(source=source, post_id=post_id), parts.clock.now())
    assert isinstance(named, Deletion)  # noqa: S101 - of a deletion the door makes one
    return named.key


@router.get(
    "/api/v1/feedback",
    summary="What people said",
    dependencies=[permission("read")],
    responses=errors(400, 503),
)
def list_feedback(
    parts: ThisParts,
    origin: Annotated[Origin | None, Query(description="Only what came to be labelled so.")] = None,
    annotator: Annotated[Word | None, Query(description="Only what this person says.")] = None,
    superseded: Annotated[bool, Query(description="Also what was replaced by a later label.")] = False,
    limit: Limit = 20,
    offset: Offset = 0,
    cursor: Annotated[Word | None, Query(description="`metadata.next_cursor` of the page before.")] = None,
) -> Listing[FeedbackAnswer]:
    """List feedback, the newest first."""
    if cursor is not None and not cursor.isdecimal():
        raise invalid_parameter("cursor", cursor, "`next_cursor` of an earlier page")
    query = FeedbackQuery(
        limit=limit,
        offset=offset,
        before=None if cursor is None else min(int(cursor), 2**63 - 1),
        origin=origin,
        annotator=annotator,
        superseded=superseded,
    )
    with parts.database.reading() as connection:
        items, total = feedback.page(connection, query)
    return Listing(
        data=[FeedbackAnswer.of(item) for item in items],
        metadata=ListMetadata(
            total=total,
            limit=limit,
            offset=offset,
            next_cursor=str(items[-1].id) if len(items) == limit else None,
        ),
    )
