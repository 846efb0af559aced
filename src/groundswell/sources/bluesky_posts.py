"""What a Bluesky event means to us: a post, an edit, a deletion, or an author who is gone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from groundswell.core.incoming import RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.core.topic import Topic
from groundswell.sources.bluesky_frames import COLLECTION, Frame
from groundswell.sources.moments import moment

SOURCE = "bluesky"

_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,256}")
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,200}")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_REVISIONS_FROM_US = 1_704_067_200_000_000
_REVISION_US = 250_000
"""An edit's revision counts quarters of a second since 2024, which fits 31 bits until 2041."""
_REVISION_MOST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which posts are kept."""

    #: any of these words or phrases; empty: all posts
    terms: tuple[str, ...] = ()
    #: BCP-47 tags, lower case; `en` keeps `en-GB`, too; empty: all languages
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        topic = Topic(id=0, name=SOURCE, any=self.terms) if self.terms else None
        object.__setattr__(self, "_topic", topic)

    def keeps(self, text: str, langs: Sequence[str]) -> bool:
        """Tell whether a post is kept."""
        topic: Topic | None = getattr(self, "_topic", None)
        if topic is not None and not topic.matches(text):
            return False
        return not self.languages or any(self._is_wanted(tag.lower()) for tag in langs)

    def _is_wanted(self, tag: str) -> bool:
        return any(tag == wanted or tag.startswith(f"{wanted}-") for wanted in self.languages)


def event(frame: Frame, wanted: Wanted) -> RawEvent | None:
    """Return what `frame` means; None where it means nothing to us.

    An account that is deleted erases its author. Of an edited post that is no longer wanted, what
    we hold is deleted.
    """
    if frame.kind == "account":
        return _account(frame)
    commit = frame.body
    if frame.kind != "commit" or commit.get("collection") != COLLECTION:
        return None
    rkey = commit.get("rkey")
    if not isinstance(rkey, str) or not _RKEY.fullmatch(rkey) or not _DID.fullmatch(frame.did):
        return None
    post_id = f"at://{frame.did}/{COLLECTION}/{rkey}"
    operation, record = commit.get("operation"), commit.get("record")
    if operation == "delete":
        return RawDeletion(source=SOURCE, post_id=post_id)
    if operation not in {"create", "update"} or not isinstance(record, dict):
        return None
    post = _post(frame, post_id, record, wanted, revision=_revision(frame) if operation == "update" else 0)
    return RawDeletion(source=SOURCE, post_id=post_id) if post is None and operation == "update" else post


def _account(frame: Frame) -> RawErasure | None:
    is_deleted = frame.body.get("active") is False and frame.body.get("status") == "deleted"
    if "account" in frame.body:  # v2 carries the account inside its payload
        return _account(Frame("account", frame.did, frame.seq, frame.time_us, frame.body["account"]))
    return RawErasure(author=frame.did) if is_deleted and _DID.fullmatch(frame.did) else None


def _post(
    frame: Frame, post_id: str, record: dict[str, Any], wanted: Wanted, *, revision: int
) -> RawPost | None:
    text = record.get("text")
    if not isinstance(text, str) or not text.strip("\0 \t\r\n") or text.isspace():
        return None
    langs = _langs(record.get("langs"))
    if not wanted.keeps(text, langs):
        return None
    return RawPost(
        fields={
            "post_id": post_id,
            "source": SOURCE,
            "content": text.replace("\0", " "),
            "author": frame.did,
            "created_at": _created_at(record.get("createdAt")),
            "lang": langs[0] if langs else None,
            "revision": revision,
            "meta": {"reply": True} if isinstance(record.get("reply"), dict) else {},
        }
    )


def _langs(value: object) -> list[str]:
    """Return the tags that are tags: they are what a client declares."""
    given = value if isinstance(value, list) else []
    return [tag for tag in given[:3] if isinstance(tag, str) and _LANG.fullmatch(tag) and len(tag) <= 35]


def _created_at(value: object) -> datetime | None:
    """Return what the client claims; None (the moment of acceptance) when that is no time to work with."""
    at = moment(value) if isinstance(value, str) else None
    return at if at is not None and at >= _EARLIEST else None


def _revision(frame: Frame) -> int:
    """Return a number that grows with each edit: from the revision's own time, else the server's."""
    rev = frame.body.get("rev")
    at = _tid_us(rev) if isinstance(rev, str) else None
    return min(max(1, ((at or frame.time_us) - _REVISIONS_FROM_US) // _REVISION_US), _REVISION_MOST)


_TID_DIGITS = {digit: value for value, digit in enumerate("234567abcdefghijklmnopqrstuvwxyz")}


def _tid_us(rev: str) -> int | None:
    """Return the microseconds in a TID: 13 digits of base 32, of which the low 10 bits name the clock.

    https://atproto.com/specs/tid
    """
    if len(rev) != 13 or not _TID_DIGITS.keys() >= set(rev):
        return None
    number = 0
    for digit in rev:
        number = number * 32 + _TID_DIGITS[digit]
    return number >> 10
