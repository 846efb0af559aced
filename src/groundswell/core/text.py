"""Normalising a text, the same way in training and in inference, without losing where each piece came from.

What the encoder's vocabulary cannot read is rewritten into words it can: emoji become their names, addresses become
``http``, accounts ``@user``, ``#TeamWork`` becomes ``#Team Work``, HTML entities and literal ``\\u2019`` escapes become
their characters; long runs of one letter or sign are shortened. Everything else stays as it is.
"""

import hashlib
import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# Written in order of priority: the first alternative that matches at a position wins.
_PIECE = re.compile(
    r"""
      (?P<link>   (?:https?://|www\.)\S+ )
    | (?P<user>   (?<![\w@])@\w+ )
    | (?P<entity> &(?:amp;)*(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2}); )
    | (?P<escape> \\u[0-9a-fA-F]{4} )
    | (?P<quotes> "{2,} )
    | (?P<hashtag> \#\w*(?:[a-z0-9][A-Z]|[^\W_]_[^\W_])\w* )
    | (?P<letters> (?P<letter>[^\W\d_])(?i:(?P=letter)){2,} )
    | (?P<signs>  (?P<sign>[^\w\s])(?P=sign){3,} )
    | (?P<emoji>  [\U0001F300-\U0001FAFF\u2600-\u27BF\u2B50\u2B55\U0001F1E6-\U0001F1FF]
                  [\U0001F300-\U0001FAFF\u2600-\u27BF\u2B50\u2B55\U0001F1E6-\U0001F1FF\uFE0E\uFE0F\u200D\u20E3]* )
    | (?P<hidden> [\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFE0E\uFE0F\uD800-\uDFFF]+ )
    | (?P<space>  (?:[\s\x00-\x1F\x7F-\x9F])(?:[\s\x00-\x1F\x7F-\x9F])+ | [^\S\x20] | [\x00-\x1F\x7F-\x9F] )
    """,
    re.VERBOSE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_DROPPED_EMOJI = re.compile(
    "[\ufe0e\ufe0f\u200d\u20e3\u2640\u2642\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]"
)
_EMPTY_WORDS = frozenset({"face", "with", "sign", "symbol", "heavy", "black", "white", "and"})
# Where Unicode's name misleads about how people use the character.
_EMOJI_WORDS = {
    "\U0001f621": "angry",
    "\U0001f624": "frustrated",
    "\U0001f602": "laughing tears of joy",
    "\U0001f64f": "praying hands",
    "\U0001f480": "dead skull",
    "\U0001f62a": "sleepy",
    "\U0001f485": "nail polish",
    "\U0001f4af": "hundred percent",
    "\U0001f612": "unamused annoyed",
}

LONGEST_TEXT = 256
"""Tokens of one text that a model reads; the rest is cut off."""
USUAL_TEXT = 32
"""Tokens of a longer post on a short-message network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NormalText:
    """A normalised text and the way back to the original."""

    #: What the tokenizer reads.
    text: str
    #: Start of each piece in ``text``, ascending.
    starts: tuple[int, ...]
    #: The original span ``(start, end)`` of each piece.
    spans: tuple[tuple[int, int], ...]
    #: Whether a piece was copied character by character.
    copied: tuple[bool, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text that ``text[start:end]`` came from; a rewritten piece counts whole."""
        if not self.starts or end <= start:
            return (0, 0)
        return (self._left(start), self._right(end))

    def _left(self, start: int) -> int:
        piece = max(bisect_right(self.starts, start) - 1, 0)
        begin, _ = self.spans[piece]
        return begin + start - self.starts[piece] if self.copied[piece] else begin

    def _right(self, end: int) -> int:
        piece = max(bisect_right(self.starts, end - 1) - 1, 0)
        begin, finish = self.spans[piece]
        return begin + end - self.starts[piece] if self.copied[piece] else finish


def normalise(text: str) -> str:
    """Return the text as the models read it, without leading or trailing space; may be empty."""
    return _PIECE.sub(_rewrite, text).strip()


def fingerprint(text: str) -> bytes:
    """Return 16 bytes (BLAKE2b) that are the same for texts that models read as the same."""
    return hashlib.blake2b(normalise(text).encode(), digest_size=16).digest()


def tokens(text: str) -> int:
    """Return an estimate of the tokens a model reads in a text, without a tokenizer: the rest of it is cut off."""
    return min(LONGEST_TEXT, 2 + (len(text) // 4 if text.isascii() else len(text)))


def normalise_with_offsets(text: str) -> NormalText:
    """Return what ``normalise`` returns, and where each piece of it stood in the original."""
    pieces = [piece for piece in _pieces(text) if piece[0]]
    joined = "".join(words for words, _, _ in pieces)
    lead = len(joined) - len(joined.lstrip())
    starts, at = [], -lead
    for words, _, _ in pieces:
        starts.append(at)
        at += len(words)
    return NormalText(
        text=joined.strip(),
        starts=tuple(starts),
        spans=tuple(span for _, span, _ in pieces),
        copied=tuple(copied for _, _, copied in pieces),
    )


def _pieces(text: str) -> Iterator[tuple[str, tuple[int, int], bool]]:
    """Yield (new words, original span, copied as it was) from left to right."""
    at = 0
    for match in _PIECE.finditer(text):
        start, end = match.span()
        if start > at:
            yield text[at:start], (at, start), True
        yield _rewrite(match), (start, end), False
        at = end
    if at < len(text):
        yield text[at:], (at, len(text)), True


def _rewrite(match: re.Match[str]) -> str:
    """Return the words that replace one match of the pattern."""
    kind, piece = match.lastgroup or "", match.group()
    if match["letters"]:
        return piece[:2]
    if match["signs"]:
        return _emoji_words(piece) if _is_emoji(piece[0]) else piece[:3]
    return _REWRITES[kind](piece)


def _is_emoji(char: str) -> bool:
    return "\U0001f300" <= char <= "\U0001faff" or "\u2600" <= char <= "\u27bf"


def _entity(piece: str) -> str:
    plain = html.unescape(re.sub("(?:amp;)+", "amp;", piece))
    plain = html.unescape(plain) if plain != piece else plain
    return " " if plain.isspace() else plain.replace("\x00", " ")


def _escape(piece: str) -> str:
    char = chr(int(piece.removeprefix("\\u"), base=16))
    return "" if "\ud800" <= char <= "\udfff" else max(char, " ")


def _emoji_words(piece: str) -> str:
    """Return the names of a run of emoji, each once in a row, between spaces."""
    names: list[str] = []
    for char in _DROPPED_EMOJI.sub("", piece):
        name = _emoji_name(char)
        if name and (not names or names[-1] != name):
            names.append(name)
    return f" {' '.join(names)} " if names else " "


@lru_cache(maxsize=4096)
def _emoji_name(char: str) -> str:
    if char in _EMOJI_WORDS:
        return _EMOJI_WORDS[char]
    words = unicodedata.name(char, "").lower().split()
    return " ".join(word for word in words if word not in _EMPTY_WORDS)


_REWRITES: dict[str, Callable[[str], str]] = {
    "link": lambda _: "http",
    "user": lambda _: "@user",
    "entity": _entity,
    "escape": _escape,
    "quotes": lambda _: '"',
    "hashtag": lambda piece: _CAMEL.sub(" ", piece),
    "emoji": _emoji_words,
    "hidden": lambda _: "",
    "space": lambda _: " ",
}
