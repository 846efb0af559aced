"""Entries of other producers, with plain fields: read by the door's rules, and kept without their author's name."""

from datetime import UTC, datetime

from groundswell.core.door import AUTHOR_CHARACTERS, Rules, check, key_of
from groundswell.core.errors import InvalidInput
from groundswell.core.identity import pseudonym
from groundswell.core.incoming import RawPost
from groundswell.core.post import Event
from groundswell.store.parked import Whose
from groundswell.stream.entry import Delivery
from groundswell.stream.ledger import entry_moment

FIELDS = ("post_id", "source", "content", "author", "created_at")

_SERVERS_CLOCK = datetime(2010, 1, 1, tzinfo=UTC)
"""An entry id before this is a number its producer chose, not a time."""


def read_plain(delivery: Delivery, now: datetime, rules: Rules) -> Event:
    """Make a post of a plain entry; it was accepted when it was added to the stream.

    Raises `InvalidInput`.
    """
    fields: dict[str, object] = {name: _text(delivery, name) for name in FIELDS}
    added_at = entry_moment(delivery.entry_id)
    accepted_at = added_at if _SERVERS_CLOCK <= added_at <= now else now
    return check(RawPost(fields=fields), accepted_at, rules)


def _text(delivery: Delivery, name: str) -> str | None:
    value = delivery.fields.get(name.encode())
    if not value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"The {name} is not valid UTF-8.", details={"parameter": name}) from None


def without_name(delivery: Delivery, rules: Rules) -> dict[bytes, bytes]:
    """Return the fields of a plain entry with the author's pseudonym in place of the name."""
    fields = dict(delivery.fields)
    if author := fields.pop(b"author", b""):
        name = author[: 4 * AUTHOR_CHARACTERS].decode("utf-8", "replace")
        fields[b"author"] = pseudonym(rules.secret, name).encode()
    return fields


def whose(delivery: Delivery, rules: Rules) -> Whose | None:
    """Return whose post a plain entry holds, so that an erasure finds it; None if it does not say."""
    try:
        key = key_of(_text(delivery, "source"), _text(delivery, "post_id"), rules)
    except InvalidInput:
        return None
    author = without_name(delivery, rules).get(b"author")
    return Whose(key=key, author=author.decode() if author else None)
