"""Takes posts in: one, an array or NDJSON; accepted means on disk in the stream."""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from groundswell.api.errors import ErrorBody, InvalidJson, error_body, errors, invalid_parameter
from groundswell.api.parts import Parts, Services, ThisParts, ThisServices
from groundswell.api.permissions import permission
from groundswell.cache.answers import Claim
from groundswell.core.errors import GroundswellError, InvalidInput
from groundswell.core.incoming import RawPost
from groundswell.observe import logger

router = APIRouter(tags=["posts"])
log = logger("api")

LINE_TYPES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"}


class PostIn(BaseModel):
    """A post as a source saw it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"post_id": "demo_1", "source": "demo", "content": "This is amazing!", "lang": "en"}]
        },
    )

    post_id: str = Field(description="The source's own id of the post; the same id counts once.")
    source: str = Field(description="Where it was written, e.g. `reddit`.")
    content: str = Field(description="What was written, at most 10,000 characters.")
    author: str | None = Field(default=None, description="Who wrote it; kept as a pseudonym only.")
    created_at: str | None = Field(
        default=None, description="When it was written, ISO 8601 with a time zone; now if not given."
    )
    url: str | None = Field(default=None, description="Where it can be read.")
    lang: str | None = Field(default=None, description="Its language, a BCP-47 tag.")
    revision: int | None = Field(default=None, description="A higher revision replaces a stored post.")
    meta: dict[str, Any] | None = Field(default=None, description="Anything else, kept beside the post.")


class RejectedPost(BaseModel):
    """A post that was not accepted."""

    index: int = Field(description="Its place in what was sent, from 0; in NDJSON empty lines do not count.")
    error: ErrorBody = Field(description="Why.")


class AcceptedPosts(BaseModel):
    """What became of the posts."""

    accepted: int = Field(description="How many are on disk in the stream and will be read.")
    ids: list[UUID] = Field(description="Their public ids, in the order sent.")
    rejected: list[RejectedPost] = Field(description="Those that were not accepted.")


def _documented_body() -> dict[str, Any]:
    post = PostIn.model_json_schema()
    example = post.pop("examples")[0]
    several = {"type": "array", "items": post}
    examples = {"one": {"value": example}, "several": {"value": [example, {**example, "post_id": "demo_2"}]}}
    return {
        "required": True,
        "description": "One post, an array of posts, or one post a line (`application/x-ndjson`).",
        "content": {
            "application/json": {"schema": {"anyOf": [post, several]}, "examples": examples},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": json.dumps(example)},
        },
    }


async def _body(request: Request) -> bytes:
    """Read the body on the event loop, so that the route itself can be a plain function."""
    return await request.body()


IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="Names this request for a day: sent again with the same body it gets the same answer.",
    ),
]


@router.post(
    "/api/v1/posts",
    status_code=202,
    summary="Send posts",
    response_model=AcceptedPosts,
    dependencies=[permission("send")],
    responses=errors(400, 409, 413, 429, 503),
    openapi_extra={"requestBody": _documented_body()},
)
def accept_posts(
    request: Request,
    body: Annotated[bytes, Depends(_body)],
    parts: ThisParts,
    services: ThisServices,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept posts; they are on disk in the stream before the answer.

    After 503 it is unknown whether they are: send them again with the same ids, they count
    once. After 429 nothing was written. One post alone that is not valid is answered by 400;
    in an array or NDJSON it stands in `rejected`.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if idempotency_key is None:
        return _answer(_accept(body, content_type, parts))
    claim = services.answers.claim(idempotency_key, content_type.encode() + b"\n" + body)
    if claim.answer is not None:
        return _answer(claim.answer, replayed=True)
    return _answer(_accept_once(body, content_type, parts, services, claim))


def _answer(body: bytes, *, replayed: bool = False) -> Response:
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(body, status_code=202, media_type="application/json", headers=headers)


def _accept_once(body: bytes, content_type: str, parts: Parts, services: Services, claim: Claim) -> bytes:
    try:
        answer = _accept(body, content_type, parts)
    except GroundswellError:
        services.answers.release(claim)
        raise
    services.answers.keep(claim, answer, parts.clock.now().timestamp())
    return answer


def _accept(body: bytes, content_type: str, parts: Parts) -> bytes:
    items, is_single = _items(body, content_type)
    if len(items) > parts.settings.max_batch_texts:
        most = parts.settings.max_batch_texts
        raise invalid_parameter("body", f"{len(items)} posts", f"at most {most} posts")
    unreadable = {index: item for index, item in enumerate(items) if isinstance(item, GroundswellError)}
    readable = [index for index in range(len(items)) if index not in unreadable]
    admitted = parts.door.admit([RawPost(fields=items[index]) for index in readable])
    rejected = unreadable | {readable[refused.index]: refused.error for refused in admitted.rejected}
    if is_single and rejected:
        raise rejected[0]
    answer = AcceptedPosts(
        accepted=len(admitted.accepted),
        ids=list(admitted.accepted),
        rejected=[RejectedPost(index=index, error=error_body(rejected[index])) for index in sorted(rejected)],
    )
    return answer.model_dump_json().encode()


def _items(body: bytes, content_type: str) -> tuple[Sequence[Any], bool]:
    """Return what was sent, one item a post or the error in its place, and whether it was one post alone."""
    if content_type in LINE_TYPES:
        return [_line(line) for line in body.splitlines() if line.strip()], False
    found = _parse(body)
    if isinstance(found, list):
        return [item if isinstance(item, dict) else not_an_object(item) for item in found], False
    if isinstance(found, dict):
        return [found], True
    raise not_an_object(found)


def _line(line: bytes) -> Any:
    try:
        found = _parse(line)
    except InvalidInput as error:
        return error
    return found if isinstance(found, dict) else not_an_object(found)


def not_an_object(item: object) -> InvalidInput:
    """Return the error for a post that is no JSON object."""
    return invalid_parameter("body", item, "a JSON object with post_id, source and content")


def _parse(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _parse_leniently(text, str(error))


def _parse_leniently(text: bytes, reason: str) -> Any:
    """Read what orjson refuses whole for half a surrogate pair in one post; the door refuses just that."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidJson(details={"parameter": "body", "reason": reason}) from None
