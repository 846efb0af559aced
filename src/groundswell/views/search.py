"""What people type into a search box, as a query that PostgreSQL's full-text search reads safely.

Words must all occur, "several words" must occur in a row, -word must not occur, and word* stands
for every word that begins so; quotes and dashes may be typographic ones. Case does not matter, and
words are taken as they are: no stemming, no stop words. Nothing that can be typed is an error.
"""

import re

MAX_CHARACTERS = 500

_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb\uff02", '"'))
"""Phones and word processors turn straight quotes into these."""

_PIECE = re.compile(r'(?P<minus>[-\u2013\u2212]?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_HAS_WORD = re.compile(r"\w")


def tsquery(text: str) -> str | None:
    """Return the text of a tsquery for `to_tsquery('simple', …)`; None where nothing is searched for.

    Each piece is quoted, so that PostgreSQL's own parser cuts it into words exactly as it cut the
    posts: a hashtag, a hyphenated word or a link is found as it was written.
    """
    pieces = (_piece(match) for match in _PIECE.finditer(text.replace("\0", " ").translate(_QUOTES)))
    return " & ".join(filter(None, pieces)) or None


def _piece(match: re.Match[str]) -> str | None:
    phrase, word = match["phrase"], match["word"]
    text = phrase if phrase is not None else word.rstrip("*")
    if not _HAS_WORD.search(text):
        return None
    prefix = ":*" if phrase is None and word.endswith("*") else ""
    minus = "!" if match["minus"] else ""
    return f"{minus}{_quoted(text)}{prefix}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
