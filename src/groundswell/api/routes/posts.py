"""Posts: pages of them by any filter, one with all its readings, and their erasure."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath

from groundswell.analysis.erase import erase_author, erase_posts
from groundswell.api.answers.listing import Limit, Listing, ListMetadata, Offset
from groundswell.api.answers.posts import AuthorErased, PostAnswer, PostWithAnalyses
from groundswell.api.errors import errors
from groundswell.api.parameters import From, TheseFilters, To, Word
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.core.errors import InvalidInput
from groundswell.core.incoming import RawErasure
from groundswell.core.mood import Emotion, Sentiment
from groundswell.core.post import AuthorErasure
from groundswell.views import feed
from groundswell.views.cursor import Cursor, Order
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import ClockName
from groundswell.views.search import MAX_CHARACTERS

router = APIRouter(prefix="/api/v1", tags=["posts"])

Search = Annotated[
    str | None,
    Query(
        max_length=MAX_CHARACTERS,
        description='Full text: words that must all occur, `"several words"` in a row, `-word` that must '
        "not occur, `word*` for every word that begins so.",
    ),
]


async def place(
    order: Annotated[
        Order | None, Query(description="By the chosen clock; `newest` first by default.")
    ] = None,
    clock: Annotated[
        ClockName | None,
        Query(description="Time that `from`, `to` and `order` go by: `ingested` (default) or `created`."),
    ] = None,
    offset: Offset = 0,
    cursor: Annotated[
        Word | None,
        Query(description="`metadata.next_cursor` of the page before; brings its order and clock along."),
    ] = None,
) -> dict[str, Any]:
    """Return where the page begins and how it is ordered.

    Raises `InvalidInput` for an offset or an order that contradicts the cursor.
    """
    if cursor is None:
        return {"order": order or "newest", "clock": clock or "ingested", "offset": offset, "cursor": None}
    behind = Cursor.decode(cursor)
    for name, given, carried in (("order", order, behind.order), ("clock", clock, behind.clock)):
        if given not in {None, carried}:
            raise _contradiction(name, given)
    if offset:
        raise _contradiction("offset", offset)
    return {"order": behind.order, "clock": behind.clock, "offset": 0, "cursor": behind}


def _contradiction(parameter: str, provided: object) -> InvalidInput:
    return InvalidInput(
        f"Invalid value for parameter '{parameter}': the cursor says otherwise; leave it out.",
        details={"parameter": parameter, "provided": provided},
    )


async def chosen(
    placed: Annotated[dict[str, Any], Depends(place)],
    sentiment: Annotated[Sentiment | None, Query(description="Only posts read so.")] = None,
    emotion: Annotated[Emotion | None, Query(description="Only posts whose largest emotion this is.")] = None,
    q: Search = None,
    from_: From = None,
    to: To = None,
    limit: Limit = 20,
) -> FeedQuery:
    """Return the posts asked for, still without the filters that need the store."""
    if from_ and to and from_ >= to:
        raise InvalidInput("A window must end after it begins.", details={"parameter": "to"})
    return FeedQuery(
        sentiment=sentiment, emotion=emotion, q=q or None, start=from_, end=to, limit=limit, **placed
    )


@router.get("/posts", dependencies=[permission("read")], responses=errors(400, 503))
def list_posts(
    parts: ThisParts, query: Annotated[FeedQuery, Depends(chosen)], named: TheseFilters
) -> Listing[PostAnswer]:
    """List posts with their headline readings.

    `total` is exact where the counts kept per minute can tell, else counted to 10,000. By cursor,
    newest first, each post is visited exactly once, whatever arrives meanwhile.
    """
    with parts.database.reading() as connection:
        return page_of(connection, replace(query, filters=named.resolve(connection)))


def page_of(connection: Any, query: FeedQuery) -> Listing[PostAnswer]:
    """Return a page of posts in the form of every list."""
    found = feed.page(connection, query)
    return Listing(
        data=[PostAnswer.of(post) for post in found.posts],
        metadata=ListMetadata(
            total=found.total,
            total_is_lower_bound=found.total_is_lower_bound,
            limit=query.limit,
            offset=query.offset,
            next_cursor=found.next_cursor,
        ),
    )


PostId = Annotated[UUID, InPath(description="Our id of the post, as `POST /api/v1/posts` answered it.")]


@router.get("/posts/{id}", dependencies=[permission("read")], responses=errors(400, 404, 503))
def get_post(parts: ThisParts, id: PostId) -> PostWithAnalyses:  # noqa: A002 - the parameter's name in the path
    """Return a post with every reading of it."""
    with parts.database.reading() as connection:
        return PostWithAnalyses.both(*feed.get(connection, id))


@router.delete("/posts/{id}", status_code=204, dependencies=[permission("write")], responses=errors(400, 503))
def delete_post(parts: ThisParts, id: PostId) -> None:  # noqa: A002
    """Erase a post everywhere, for good: also one that is still on its way, and one sent again later.

    The answer is the same for an id that is not known (yet).
    """
    erase_posts(parts.database, parts.redis, parts.settings.stream_name, [id], parts.clock.now())


@router.delete("/authors/{author:path}", dependencies=[permission("admin")], responses=errors(400, 503))
def delete_author(
    parts: ThisParts,
    author: Annotated[Word, InPath(description="The author's name or pseudonym (`a:…`).")],
) -> AuthorErased:
    """Erase everything that an author wrote and that was accepted until now, everywhere, for good."""
    at = parts.clock.now()
    erasure = parts.door.check(RawErasure(author=author), at)
    assert isinstance(erasure, AuthorErasure)  # noqa: S101 - of an erasure the door makes one
    gone = erase_author(parts.database, parts.redis, parts.settings.stream_name, erasure.author, at)
    return AuthorErased(author=erasure.author, erased=len(gone))
