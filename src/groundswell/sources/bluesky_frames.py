"""A frame of Jetstream, in either wire, as one event; what is no event of use is None, whatever it holds.

Facts: bluesky-social/jetstream, docs/README.md section 5, and lexicons/network/bsky/jetstream.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from groundswell.core.errors import BadSource
from groundswell.sources.bluesky_place import Wire, microseconds
from groundswell.sources.moments import moment

COLLECTION = "app.bsky.feed.post"

_MARKS = (f'"{COLLECTION}"'.encode(), b'account"', b'"error"', b'info"', b"\\")
"""A frame that means something to us has one of these in it: a string that JSON spells in no second way
without a backslash. What has one may still mean nothing."""

Kind = Literal["commit", "account", "other"]

NOTHING: dict[str, Any] = {}


@dataclass(slots=True)
class Frame:
    """One event; not frozen, for there are thousands a second."""

    kind: Kind
    did: str
    #: v2: the server's number, v1: the same as `time_us`
    seq: int
    time_us: int
    #: the commit, or the account
    body: dict[str, Any] = field(default_factory=dict)


class Clamped:
    """The server says that it begins later than asked."""


def is_elsewhere(text: bytes | bytearray) -> bool:
    """Tell without parsing that a frame is a like, a follow or the like: most of the network is."""
    post, account, error, info, escape = _MARKS
    # written out: 94 of 100 frames end here, and a loop would cost more than the search
    return not (post in text or account in text or error in text or info in text or escape in text)


def read(text: bytes | bytearray, wire: Wire) -> Frame | Clamped | None:
    """Return the event of a frame; None when it cannot be read or says nothing to us.

    Raises `BadSource` for a frame in which a v2 server says why it will close.
    """
    try:
        found = orjson.loads(text)
        return _v1(found) if wire == "v1" else _v2(found)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _v1(found: dict[str, Any]) -> Frame:
    kind, time_us = found["kind"], int(found["time_us"])
    known: Kind = kind if kind in {"commit", "account"} else "other"
    body = found.get(known) or NOTHING
    return Frame(known, str(found["did"]), time_us, time_us, body)


def _v2(found: dict[str, Any]) -> Frame | Clamped | None:
    if found["$type"] == "error":
        name = found.get("error")
        raise BadSource(f"Jetstream closes: {str(name)[:60]}, {str(found.get('message', ''))[:200]}.")
    payload = found["payload"]
    kind = payload["$type"].rpartition("#")[2]
    if kind == "info":
        return Clamped() if payload.get("name") == "OutdatedCursor" else None
    known: Kind = kind if kind in {"commit", "account"} else "other"
    at = moment(payload["time"])
    if at is None:
        return None
    return Frame(known, str(payload["did"]), int(payload["seq"]), microseconds(at), payload)
