"""The terms of a text: words, hashtags and pairs of neighbouring words, each once."""

import re
import unicodedata
from itertools import pairwise

_LINKS = re.compile(r"https?://\S+|www\.\S+|@\w+")
_TERMS = re.compile(r"#\w+|[^\W_]+(?:['-][^\W_]+)*")

FUNCTION_WORDS = frozenset(
    "a about after again all also am an and any are as at be been being but by can could did do does "  # noqa: SIM905
    "don't for from get got had has have he her here him his how i i'm if in into is it it's its just me "
    "more my no not now of on or our out over rt she so some such than that the their them then there "
    "they this to too up us very was we were what when where which who why will with would you your".split()
)
"""English words that name no thing. Other languages have none listed: there the prior keeps them down."""


def terms(text: str) -> set[str]:
    """Return the terms of `text`, in lower case.

    Links and mentions are no terms: one says nothing, the other names a person. Nor are numbers and
    single letters alone. Pairs have no function word in them.
    """
    words = _TERMS.findall(
        _LINKS.sub(" . ", unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'"))
    )
    found = {word for word in words if _says_something(word)}
    pairs = pairwise(words)
    found.update(
        f"{a} {b}" for a, b in pairs if not a.startswith("#") and not b.startswith("#") and _pair(a, b)
    )
    return found


def _says_something(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and word not in FUNCTION_WORDS


def _pair(a: str, b: str) -> bool:
    return _says_something(a) and _says_something(b)
