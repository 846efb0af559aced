"""Posts, at the paths and with the parameter names of earlier clients."""

from typing import Annotated

from fastapi import APIRouter, Query

from groundswell.api.answers.listing import Limit, Listing, Offset
from groundswell.api.answers.posts import PostAnswer, PostWithAnalyses
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import permission
from groundswell.api.routes.posts import PostId, get_post, page_of
from groundswell.core.mood import Sentiment
from groundswell.views.feed_query import FeedQuery

router = APIRouter(prefix="/api", tags=["paths of earlier clients"], dependencies=[permission("read")])


@router.get("/posts", summary="List posts", responses=errors(400, 503))
def list_posts(
    parts: ThisParts,
    limit: Limit = 20,
    offset: Offset = 0,
    sentiment_filter: Annotated[Sentiment | None, Query(description="Only posts read so.")] = None,
) -> Listing[PostAnswer]:
    """List posts, newest first, as `GET /api/v1/posts` does."""
    with parts.database.reading() as connection:
        return page_of(connection, FeedQuery(sentiment=sentiment_filter, limit=limit, offset=offset))


@router.get("/posts/{id}", summary="Return a post", responses=errors(400, 404, 503))
def one_post(parts: ThisParts, id: PostId) -> PostWithAnalyses:  # noqa: A002 - the parameter's name in the path
    """Return a post with every reading of it, as `GET /api/v1/posts/{id}` does."""
    return get_post(parts, id)
