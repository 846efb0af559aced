"""Who is meant by a request of privacy: names become pseudonyms and keys at the door, as those of posts do."""

from datetime import datetime
from uuid import UUID

from groundswell.core.errors import InvalidInput
from groundswell.core.incoming import RawDeletion, RawErasure
from groundswell.core.post import AuthorErasure, Deletion
from groundswell.ingest.accept import Door
from groundswell.store.privacy import Subject


def subject(
    door: Door,
    now: datetime,
    *,
    author: str | None = None,
    id: UUID | None = None,  # noqa: A002 - its name everywhere
    source: str | None = None,
    post_id: str | None = None,
) -> Subject:
    """Return whose posts are meant: an author's, or one post's by our id, or by its source and id.

    Raises `InvalidInput` unless exactly one of the three is named.
    """
    ways = [author is not None, id is not None, source is not None or post_id is not None]
    if sum(ways) != 1:
        raise InvalidInput("Name an author, or a post by its id, or a post by its source and post_id.")
    if author is not None:
        erasure = door.check(RawErasure(author=author), now)
        assert isinstance(erasure, AuthorErasure)  # noqa: S101 - of an erasure the door makes one
        return Subject(author=erasure.author)
    if id is not None:
        return Subject(post=id)
    if source is None or post_id is None:
        raise InvalidInput("A post is named by its source and its post_id.")
    deletion = door.check(RawDeletion(source=source, post_id=post_id), now)
    assert isinstance(deletion, Deletion)  # noqa: S101
    return Subject(post=deletion.key)
