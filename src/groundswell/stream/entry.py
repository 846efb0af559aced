"""A stream entry: `v=1, kind=post|delete|erase, key, accepted_at, body`, to and from the words of `core`.

Entries with the plain fields `post_id, source, content, author, created_at`, as other
producers write them, are recognised by `is_plain` and read by the worker through the door's rules.
Either kind may carry `traceparent`: the span that wrote it, as W3C writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from groundswell.core.errors import InvalidInput
from groundswell.core.post import AuthorErasure, Deletion, Event, Post

VERSION = 1
READABLE = {b"1", b"0"}
"""Workers read this version and the one before."""

Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One entry handed to this worker, not yet settled."""

    entry_id: str
    fields: Fields
    #: how often the entry has been handed out, this time included
    times: int = 1


class UnreadableEntry(InvalidInput):
    """The stream entry cannot be read."""

    code = "UNREADABLE_ENTRY"


def encode(event: Event) -> list[bytes]:
    """Return the five values of an entry, in the order v, kind, key, accepted_at, body."""
    kind, key, body = _parts(event)
    accepted_at = event.ingested_at.isoformat().encode()
    return [b"1", kind, key, accepted_at, orjson.dumps(body)]


FIELD_NAMES = (b"v", b"kind", b"key", b"accepted_at", b"body")


def _parts(event: Event) -> tuple[bytes, bytes, dict[str, Any]]:
    match event:
        case Post():
            return b"post", event.key.hex.encode(), _post_body(event)
        case Deletion():
            return b"delete", event.key.hex.encode(), {"source": event.source}
        case AuthorErasure():
            return b"erase", event.author.encode(), {"author": event.author}


def _post_body(post: Post) -> dict[str, Any]:
    body: dict[str, Any] = {
        "post_id": post.post_id,
        "source": post.source,
        "content": post.content,
        "created_at": post.created_at,
    }
    for name in ("author", "url", "lang", "revision", "meta", "created_clamped"):
        if value := getattr(post, name):
            body[name] = value
    return body


def is_plain(fields: Fields) -> bool:
    """Tell whether another producer wrote this entry."""
    return b"v" not in fields and b"content" in fields


def named(fields: Fields) -> str:
    """Return our id of the post an entry names; nothing where it names none, whatever stands there."""
    try:
        return str(UUID(fields.get(b"key", b"").decode()))
    except ValueError:
        return ""


def traced(fields: Fields) -> str:
    """Return the span that wrote an entry, as W3C writes it; nothing where none did."""
    return fields.get(b"traceparent", b"").decode("ascii", "replace")


def decode(fields: Fields) -> Event:
    """Read an entry of ours.

    Raises `UnreadableEntry` for anything else.
    """
    if fields.get(b"v") not in READABLE:
        raise UnreadableEntry(f"The entry has version {fields.get(b'v')!r}, which this worker does not read.")
    try:
        return _event(fields)
    except (KeyError, ValueError, TypeError) as error:
        raise UnreadableEntry(f"The stream entry cannot be read: {error}.") from error


def _event(fields: Fields) -> Event:
    accepted_at = datetime.fromisoformat(fields[b"accepted_at"].decode())
    body = orjson.loads(fields[b"body"])
    match fields[b"kind"]:
        case b"post":
            created_at = datetime.fromisoformat(body.pop("created_at"))
            return Post(
                key=UUID(fields[b"key"].decode()), ingested_at=accepted_at, created_at=created_at, **body
            )
        case b"delete":
            return Deletion(key=UUID(fields[b"key"].decode()), source=body["source"], ingested_at=accepted_at)
        case b"erase":
            return AuthorErasure(author=body["author"], ingested_at=accepted_at)
        case kind:
            raise ValueError(f"kind {kind!r} is unknown")
