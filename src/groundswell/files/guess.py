"""What columns are usually called, for files that come without a mapping."""

from collections.abc import Sequence

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    # field of a post: names of columns, the likeliest first; compared without case, `_`, `-` and spaces
    "content": (
        "content", "text", "fulltext", "body", "selftext", "message", "comment", "commenttext",
        "review", "reviewtext", "reviewbody", "tweet", "tweettext", "post", "caption", "title",
    ),
    "post_id": (
        "postid", "idstr", "id", "tweetid", "statusid", "commentid", "reviewid", "messageid", "uri", "guid",
    ),
    "source": ("source", "platform"),
    "author": ("author", "authorid", "userid", "username", "screenname", "handle", "user", "did", "by"),
    "created_at": (
        "createdat", "created", "createdutc", "timestamp", "timestampms", "publishedat", "published",
        "postedat", "datetime", "date", "time", "submissiontime", "reviewdate",
    ),
    "url": ("url", "link", "permalink"),
    "lang": ("lang", "language"),
    "revision": ("revision",),
    "meta": ("meta",),
}  # fmt: skip

_SHOWN = 12


def guess(field: str, columns: Sequence[str]) -> str | None:
    """Return the column that most likely holds `field` of a post; None when none has a usual name."""
    plain = {_plain(column): column for column in reversed(columns)}
    return next((plain[name] for name in USUAL_NAMES[field] if name in plain), None)


def listed(columns: Sequence[str]) -> str:
    """Return the names of columns for an error, not all of them when there are many."""
    shown = ", ".join(columns[:_SHOWN])
    return f"{shown} and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else shown


def _plain(column: str) -> str:
    return "".join(character for character in column.casefold() if character.isalnum())
