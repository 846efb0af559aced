"""The terms of a text: words, hashtags and pairs of neighbouring words, each once."""

import re
import unicodedata
from itertools import pairwise

_LINKS = re.compile(r"https?://\S+|www\.\S+|@\w+")
_TERMS = re.compile(r"#\w+|[^\W_]+(?:['-][^\W_]+)*")
_UNSPACED = re.compile("[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Chinese and Japanese: no space says where a word ends, so neighbouring characters are the terms."""
_HIRAGANA = re.compile("[\u3040-\u309f]+")
"""Endings and particles of Japanese, mostly: alone they name no thing."""

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
    single letters alone. Pairs have no function word in them. Of Chinese and Japanese each two
    neighbouring characters are a term.
    """
    words = _TERMS.findall(
        _LINKS.sub(" . ", unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'"))
    )
    found = {pair for word in words if not word.startswith("#") for pair in _pairs_of_characters(word)}
    words = [part for word in words for part in (_UNSPACED.split(word) if word[0] != "#" else [word]) if part]
    found.update(word for word in words if _says_something(word))
    pairs = pairwise(words)
    found.update(
        f"{a} {b}" for a, b in pairs if not a.startswith("#") and not b.startswith("#") and _pair(a, b)
    )
    return found


def _pairs_of_characters(word: str) -> set[str]:
    pairs = (run[i : i + 2] for run in _UNSPACED.findall(word) for i in range(len(run) - 1))
    return {pair for pair in pairs if not _HIRAGANA.fullmatch(pair)}


def _says_something(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and word not in FUNCTION_WORDS


def _pair(a: str, b: str) -> bool:
    return _says_something(a) and _says_something(b)
