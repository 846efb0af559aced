"""How aggregates are answered: kept for seconds, named by an ETag, not sent again to who has them."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response

from groundswell.api.answers.listing import Answer
from groundswell.api.parts import ThisParts, ThisServices
from groundswell.cache.results import ResultCache
from groundswell.views.filters import MINUTE, Window, floor

MAX_AGE = "max-age=30"
PAST_SECONDS, PRESENT_SECONDS = 60.0, 2.0
"""How long a result is kept: long once its window has ended, else no longer than an eye needs."""
WORDS_SECONDS = 30.0
"""One that holds words of posts is never kept longer: what is erased must be gone from here within a minute."""


@dataclass(frozen=True, slots=True)
class Aggregates:
    """Answers aggregates of one request."""

    request: Request
    results: ResultCache
    now: datetime

    def answer(
        self, window: Window, compute: Callable[[], Answer | bytes], *, has_words: bool = False
    ) -> Response:
        """Return what `compute` returns (bytes are JSON already), from the cache where it is fresh; 304 to who has it.

        Path and query name a result together with the window's edges, which move with the minute
        where the query does not fix them. `Cache-Control: no-cache` computes anew. `has_words`:
        the answer holds words that people wrote.
        """
        seconds = min(self._seconds(window), WORDS_SECONDS if has_words else PAST_SECONDS)
        kept = self.results.get_or_compute(
            self._key(window), seconds, lambda: _packed(compute()), bypass=self._bypass
        )
        tag, _, body = kept.partition(b"\n")
        headers = {"ETag": tag.decode(), "Cache-Control": MAX_AGE}
        if _has(self.request.headers.get("if-none-match", ""), tag.decode()):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    @property
    def _bypass(self) -> bool:
        return "no-cache" in self.request.headers.get("cache-control", "").lower()

    def _key(self, window: Window) -> str:
        """Two queries that mean the same may have two keys, but never one key two meanings."""
        url = self.request.url
        parts = f"{url.path}?{url.query}|{window.start.isoformat()}|{window.end.isoformat()}"
        return hashlib.sha256(parts.encode()).hexdigest()

    def _seconds(self, window: Window) -> float:
        ended = window.end <= floor(self.now, MINUTE)
        return PAST_SECONDS if ended else PRESENT_SECONDS


async def aggregates(request: Request, parts: ThisParts, services: ThisServices) -> Aggregates:
    """Return what answers the aggregates of this request."""
    return Aggregates(request, services.results, parts.clock.now())


TheseAggregates = Annotated[Aggregates, Depends(aggregates)]


_AS_OF = re.compile(rb'"as_of":"[^"]*"')


def _packed(answer: Answer | bytes) -> bytes:
    """Return the answer behind its ETag.

    The tag leaves out `as_of`: the same numbers read again later are the same answer. It is
    therefore weak (RFC 9110, 8.8.1).
    """
    body = answer if isinstance(answer, bytes) else answer.model_dump_json(by_alias=True).encode()
    # It stands once, among the metadata at the end; quotes inside of a string would be escaped.
    found = _AS_OF.search(body, max(0, body.rfind(b'"as_of":"')))
    tag = hashlib.sha256(body if found is None else memoryview(body)[: found.start()])
    if found is not None:
        tag.update(memoryview(body)[found.end() :])
    return b'W/"%b"\n%b' % (tag.hexdigest()[:32].encode(), body)


def _has(if_none_match: str, tag: str) -> bool:
    """Compare weakly (RFC 9110, 13.1.2)."""
    known = {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}
    return "*" in known or tag.removeprefix("W/") in known
