"""The rules of the door: a raw event becomes valid, keyed, pseudonymised, stamped, or is refused in a sentence."""

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

import orjson

from groundswell.core.errors import InvalidInput
from groundswell.core.identity import post_key, pseudonym
from groundswell.core.incoming import RawDeletion, RawErasure, RawPost
from groundswell.core.post import AuthorErasure, Deletion, Event, Post

FIELDS = ("post_id", "source", "content", "author", "created_at", "url", "lang", "revision", "meta")

POST_ID_CHARACTERS = 512
SOURCE_CHARACTERS = 64
AUTHOR_CHARACTERS = 512
URL_CHARACTERS = 2_048
META_BYTES = 4_096
REVISION_MOST = 2**31 - 1
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

_LANG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")
_NO_LANG = {"", "und", "mis", "mul", "zxx", "qme", "qst", "qht", "qam", "qct"}
"""ISO 639 codes that name no language; those with a q are Twitter's."""
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._%-]+(?::[A-Za-z0-9._%-]+)*")
"""A decentralised identifier (W3C DID 1.0, 3.1): it names an author."""
_MILLISECONDS = 100_000_000_000
"""From here on a number of `created_at` is taken for milliseconds: as seconds it would be the year 5138."""
_SHORTEST_NAME = 3
"""An author's name shorter than this is not looked for in ids and links: it would be found everywhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What the door needs to know."""

    #: the key of pseudonyms and post keys
    secret: bytes
    content_characters: int = 10_000


def check(raw: RawPost | RawDeletion | RawErasure, now: datetime, rules: Rules) -> Event:
    """Make an event of `raw`, accepted at `now` (aware).

    Raises `InvalidInput` with one sentence that names the field; it never repeats what a person wrote.
    """
    match raw:
        case RawPost():
            return _post(raw.fields, now, rules)
        case RawDeletion():
            return Deletion(
                key=_key(raw.source, raw.post_id, rules), source=_source(raw.source), ingested_at=now
            )
        case RawErasure():
            author = required(raw.author, "author", AUTHOR_CHARACTERS)
            return AuthorErasure(author=pseudonym(rules.secret, author), ingested_at=now)


def key_of(source: object, post_id: object, rules: Rules) -> UUID:
    """Return the key that a post of this source and id has.

    Raises `InvalidInput`.
    """
    return _key(source, post_id, rules)


def _post(fields: Mapping[str, object], now: datetime, rules: Rules) -> Post:
    if not fields.keys() <= _KNOWN:
        _refuse_unknown(fields)
    get = fields.get
    source = _source(get("source"))
    post_id = required(get("post_id"), "post_id", POST_ID_CHARACTERS)
    content = required(get("content"), "content", rules.content_characters)
    name = _optional(get("author"), "author", AUTHOR_CHARACTERS)
    created_at = moment_of(get("created_at"), now)
    url = _url(get("url"))
    return Post(
        key=post_key(rules.secret, source, post_id),
        post_id=_unnamed(post_id, name, rules),
        source=source,
        content=content,
        author=pseudonym(rules.secret, name) if name else None,
        url=_unnamed(url, name, rules) if url else None,
        lang=_lang(get("lang")),
        created_at=min(created_at, now),
        created_clamped=created_at > now,
        ingested_at=now,
        revision=_revision(get("revision")),
        meta=_meta(get("meta")),
    )


_KNOWN = frozenset(FIELDS)


def _refuse(field: str, sentence: str, **details: object) -> NoReturn:
    raise InvalidInput(sentence, details={"parameter": field, **details})


def _refuse_unknown(fields: Mapping[str, object]) -> NoReturn:
    unknown = str(next(name for name in fields if name not in _KNOWN))[:64]
    near = difflib.get_close_matches(unknown, FIELDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "put what is your own into meta."
    _refuse(_printable(unknown), f"A post has no field {_printable(unknown)!r}; {hint}", allowed=list(FIELDS))


def _printable(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\0", "?")


# Texts


def _text(value: object, field: str, most: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and field != "content":
        value = str(value) if abs(value) < 10**30 else "9" * (most + 1)  # ids are numbers in many sources
    if not isinstance(value, str):
        _refuse(field, f"The {field} must be a text.")
    if len(value) > most:
        _refuse(
            field, f"The {field} has {len(value):,} characters; at most {most:,} are accepted.", limit=most
        )
    if "\0" in value:
        _refuse(field, f"The {field} contains a NUL character, which cannot be stored.")
    if not value.isascii():
        _refuse_surrogates(value, field)
    return value


def _refuse_surrogates(value: str, field: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        _refuse(field, f"The {field} contains half of a surrogate pair, which is not valid Unicode.")


def required(value: object, field: str, most: int) -> str:
    """Return a text that can be stored and is not empty; raises `InvalidInput`, naming the field."""
    if value is None:
        _refuse(field, f"The {field} is missing.")
    text = _text(value, field, most)
    if not text or text.isspace():
        _refuse(field, f"The {field} is empty.")
    return text


def _optional(value: object, field: str, most: int) -> str | None:
    if value is None:
        return None
    text = _text(value, field, most)
    return text if text and not text.isspace() else None


def _source(value: object) -> str:
    source = required(value, "source", SOURCE_CHARACTERS)
    if not source.isprintable() or source[0] == " " or source[-1] == " ":
        _refuse("source", "The source must be a printable name without spaces around it.")
    return source


def _key(source: object, post_id: object, rules: Rules) -> UUID:
    name = required(post_id, "post_id", POST_ID_CHARACTERS)
    return post_key(rules.secret, _source(source), name)


# What names an author


def _unnamed(text: str, author: str | None, rules: Rules) -> str:
    """Replace whatever in an id or a link names the author by a pseudonym."""
    if "did:" in text:
        text = _DID.sub(lambda found: pseudonym(rules.secret, found.group()), text)
    if author and len(name := author.lstrip("@")) >= _SHORTEST_NAME and name.casefold() in text.casefold():
        pattern = rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
        text = re.sub(pattern, pseudonym(rules.secret, author), text, flags=re.IGNORECASE)
    return text


def _url(value: object) -> str | None:
    url = _optional(value, "url", URL_CHARACTERS)
    if url is None:
        return None
    if not url.lower().startswith(("https://", "http://")) or not url.isprintable() or " " in url:
        _refuse("url", "The url must begin with http:// or https:// and contain no spaces.")
    return url


# Time


def moment_of(value: object, now: datetime) -> datetime:
    """Return when the author's client says it was written: ISO 8601, a datetime, or seconds since 1970."""
    if value is None or value == "":
        return now
    try:
        moment = _read_moment(value)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        _refuse("created_at", "The created_at is not a date and time such as 2026-11-21T10:30:00Z.")
    if utc < EARLIEST:
        _refuse("created_at", "The created_at is before 1970.")
    return utc


def _read_moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS else value, UTC)
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    raise ValueError


# The rest


def _lang(value: object) -> str | None:
    """Normalise a language tag (BCP 47) to lower case with hyphens; codes for "no language" become None."""
    if value is None:
        return None
    tag = value.strip().lower().replace("_", "-") if isinstance(value, str) else "?"
    if tag in _NO_LANG:
        return None
    if len(tag) > 35 or not _LANG.fullmatch(tag):
        _refuse("lang", "The lang is not a language tag such as en or pt-BR.")
    return tag


def _revision(value: object) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= REVISION_MOST:
        _refuse("revision", f"The revision must be a whole number from 0 to {REVISION_MOST:,}.")
    return value


_NO_META: Mapping[str, object] = {}


def _meta(value: object) -> Mapping[str, object]:
    if value is None or value == {}:
        return _NO_META
    if not isinstance(value, Mapping):
        _refuse("meta", "The meta must be a JSON object.")
    try:
        written = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        _refuse("meta", "The meta holds something that is not valid JSON.")
    if len(written) > META_BYTES:
        _refuse("meta", f"The meta has {len(written):,} bytes as JSON; at most {META_BYTES:,} are accepted.")
    if b"\\u0000" in written and _holds_nul(value):
        _refuse("meta", "The meta contains a NUL character, which cannot be stored.")
    return value


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(_holds_nul(part) for part in value)
