"""A batch of deliveries put in order: each post once, erasures apart, and what cannot be read apart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from groundswell.core.errors import InvalidInput
from groundswell.core.post import AuthorErasure, Deletion, Event, Post
from groundswell.stream.entry import Delivery


@dataclass(slots=True)
class Sorted:
    """What a batch holds; every delivery is in exactly one place, by its entry id."""

    #: the highest revision of each post; of equals the one that was first in the stream
    posts: dict[UUID, tuple[str, Post]] = field(default_factory=dict)
    #: entries whose post is in the batch in a higher or equal revision
    superseded: list[str] = field(default_factory=list)
    deletions: list[tuple[str, Deletion]] = field(default_factory=list)
    erasures: list[tuple[str, AuthorErasure]] = field(default_factory=list)
    unreadable: list[tuple[Delivery, InvalidInput]] = field(default_factory=list)

    def add_post(self, entry_id: str, post: Post) -> None:
        """Keep a post unless a higher or equal revision is here."""
        known = self.posts.get(post.key)
        if known is None:
            self.posts[post.key] = entry_id, post
        elif post.revision > known[1].revision:
            self.superseded.append(known[0])
            self.posts[post.key] = entry_id, post
        else:
            self.superseded.append(entry_id)


def sort(deliveries: Iterable[Delivery], read: Callable[[Delivery], Event]) -> Sorted:
    """Read and sort deliveries; `read` raises `InvalidInput` for one that cannot be read.

    Erasures may be carried out before the posts of the same batch, whatever their order in the
    stream: a tombstone refuses a deleted post whether it comes before or after, and an author's
    posts by the moment they were accepted. So two transactions do, not one for each change of kind.
    """
    found = Sorted()
    for delivery in deliveries:
        try:
            event = read(delivery)
        except InvalidInput as error:
            found.unreadable.append((delivery, error))
            continue
        if isinstance(event, Post):
            found.add_post(delivery.entry_id, event)
        elif isinstance(event, Deletion):
            found.deletions.append((delivery.entry_id, event))
        else:
            found.erasures.append((delivery.entry_id, event))
    return found
