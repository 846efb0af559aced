"""Topics: what people track, as any-of, all-of and none-of terms, and whether a text matches."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

MAX_TERMS = 100
MAX_TERM_CHARACTERS = 200


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pattern(terms: Iterable[str]) -> re.Pattern[str] | None:
    """Match any of the terms as whole words; a phrase matches over any run of white space."""
    alternatives = [r"\s+".join(re.escape(word) for word in _fold(term).split()) for term in terms]
    longest_first = sorted(filter(None, alternatives), key=len, reverse=True)
    return re.compile(rf"(?<![\w#@])(?:{'|'.join(longest_first)})(?!\w)") if longest_first else None


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic matches a text that has any of `any`, all of `all` and none of `none`.

    Terms are words, phrases or hashtags; case and width do not matter; words match whole. A
    term without a leading # also matches the hashtag of that name.
    """

    id: int
    name: str
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @cached_property
    def _any(self) -> re.Pattern[str] | None:
        return _pattern(_with_hashtags(self.any))

    @cached_property
    def _all(self) -> tuple[re.Pattern[str], ...]:
        return tuple(p for term in self.all if (p := _pattern(_with_hashtags([term]))))

    @cached_property
    def _none(self) -> re.Pattern[str] | None:
        return _pattern(_with_hashtags(self.none))

    def matches(self, text: str) -> bool:
        """Tell whether `text` is about this topic; without any-of and all-of terms it matches nothing."""
        return self._matches(_fold(text))

    def _matches(self, folded: str) -> bool:
        if self._any is None and not self._all:
            return False
        if self._any is not None and not self._any.search(folded):
            return False
        if not all(pattern.search(folded) for pattern in self._all):
            return False
        return self._none is None or not self._none.search(folded)


def _with_hashtags(terms: Iterable[str]) -> list[str]:
    """Add `#term` beside each single word, so that "launch" also finds "#launch"."""
    found: list[str] = []
    for term in terms:
        found.append(term)
        if len(term.split()) == 1 and not term.startswith(("#", "@")):
            found.append(f"#{term}")
    return found


def matching(topics: Sequence[Topic], text: str) -> tuple[int, ...]:
    """Return the ids of the topics that `text` matches, in the order given."""
    folded = _fold(text) if topics else ""
    return tuple(topic.id for topic in topics if topic._matches(folded))
