"""What a source hands to the door, before anything is checked: raw posts, deletions, erasures, gaps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RawPost:
    """A post, or an edit of one (higher `revision`), as a source saw it; nothing in it is trusted.

    `fields` has the names of INTERFACES 1.2: post_id, source, content, author, created_at, url,
    lang, revision, meta; values are what JSON can carry, or a datetime for created_at.
    """

    fields: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class RawDeletion:
    """The source says that a post was deleted."""

    source: str
    post_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RawErasure:
    """The source says that an account was deleted: everything by `author` goes."""

    author: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """The source was not listening, or was sampled, between two moments."""

    source: str
    start: datetime
    end: datetime
    reason: str


RawEvent = RawPost | RawDeletion | RawErasure | Gap
