"""A post on its way: what a source says, and what the door makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


def _aware(moment: datetime | None, name: str) -> None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{name} must carry a time zone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A post that has passed the door: valid, keyed, pseudonymised and stamped."""

    #: names the post everywhere; see `core.identity.post_key`
    key: UUID
    #: the source's own id of the post, after the door (it names no author)
    post_id: str
    source: str
    content: str
    #: a pseudonym, never a name
    author: str | None = None
    url: str | None = None
    #: BCP-47 tag as the source declares it, lower case
    lang: str | None = None
    #: what the author's client claims; never after `ingested_at`
    created_at: datetime
    #: True when the claim lay in the future and was clamped to `ingested_at`
    created_clamped: bool = False
    #: stamped at the door
    ingested_at: datetime
    #: a higher revision replaces the stored post; an equal or lower one changes nothing
    revision: int = 0
    meta: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _aware(self.created_at, "created_at")
        _aware(self.ingested_at, "ingested_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletion:
    """A post must disappear everywhere and never come back."""

    key: UUID
    source: str
    ingested_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorErasure:
    """Everything of one author accepted until now must disappear everywhere."""

    #: a pseudonym
    author: str
    ingested_at: datetime


Event = Post | Deletion | AuthorErasure
"""What travels through the stream."""
