"""Topics: what people track. A new or changed topic is matched with older posts by a job."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.answers.topics import TopicAnswer, TopicChange, TopicIn
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.store import topics

router = APIRouter(prefix="/api/v1/topics", tags=["topics"])

READ, WRITE = [permission("read")], [permission("write")]

TopicId = Annotated[int, InPath(ge=1, le=2**31 - 1, description="Number of the topic.")]


@router.get("", dependencies=READ, responses=errors(400, 503))
def list_topics(parts: ThisParts, limit: Limit = 20, offset: Offset = 0) -> Listing[TopicAnswer]:
    """List the topics by name."""
    with parts.database.reading() as connection:
        found, total = topics.rows(connection, limit=limit, offset=offset)
    return Listing(
        data=[TopicAnswer.of(row) for row in found],
        metadata=ListMetadata(total=total, limit=limit, offset=offset),
    )


@router.post("", status_code=201, dependencies=WRITE, responses=errors(400, 409, 503))
def create_topic(parts: ThisParts, topic: TopicIn, response: Response) -> TopicAnswer:
    """Track a topic: posts that come in from now on are matched, and a job matches the older ones."""
    with parts.database.transaction() as connection:
        row = topics.create(connection, **topic.model_dump())
    response.headers["Location"] = f"{router.prefix}/{row.topic.id}"
    return TopicAnswer.of(row)


@router.get("/{id}", dependencies=READ, responses=errors(400, 404, 503))
def get_topic(parts: ThisParts, id: TopicId) -> TopicAnswer:  # noqa: A002 - the parameter's name in the path
    """Return a topic."""
    with parts.database.reading() as connection:
        return TopicAnswer.of(topics.get(connection, id))


@router.put("/{id}", dependencies=WRITE, responses=errors(400, 404, 409, 503))
def replace_topic(parts: ThisParts, id: TopicId, topic: TopicIn) -> TopicAnswer:  # noqa: A002
    """Replace a topic; with other terms, older posts are matched anew."""
    with parts.database.transaction() as connection:
        return TopicAnswer.of(topics.update(connection, id, **topic.model_dump()))


@router.patch("/{id}", dependencies=WRITE, responses=errors(400, 404, 409, 503))
def change_topic(parts: ThisParts, id: TopicId, change: TopicChange) -> TopicAnswer:  # noqa: A002
    """Change some of a topic; with other terms, older posts are matched anew."""
    with parts.database.transaction() as connection:
        wanted = _valid(change.applied_to(topics.get(connection, id)))
        return TopicAnswer.of(topics.update(connection, id, **wanted.model_dump()))


def _valid(topic: dict[str, Any]) -> TopicIn:
    """Return the changed topic; complaints about it are complaints about the body."""
    try:
        return TopicIn.model_validate(topic)
    except ValidationError as error:
        complaints = [{**found, "loc": ("body", *found["loc"])} for found in error.errors()]
        raise RequestValidationError(complaints) from None


@router.delete("/{id}", status_code=204, dependencies=WRITE, responses=errors(400, 404, 409, 503))
def delete_topic(parts: ThisParts, id: TopicId) -> None:  # noqa: A002
    """Stop tracking a topic; its counts go, its posts stay. Refused while an alert rule is about it."""
    with parts.database.transaction() as connection:
        topics.delete(connection, id)
