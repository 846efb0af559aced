"""The query parameters that posts and views have in common, read once and described once."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from groundswell.api.parts import ThisParts
from groundswell.core.errors import InvalidInput
from groundswell.views.filters import OUTSIDE, ClockName, Filters, Window
from groundswell.views.topic_names import topic_number

DEFAULT_HOURS = 24.0
MAX_HOURS = 24.0 * 366 * 100

_BARE_PLUS = re.compile(r"(?<=T)(\S+) (?=\d\d:?\d\d$)")
EARLIEST_SECONDS = 1e8
"""Less, 2026 and 20261121 among it, is a year or a date rather than seconds: it would lie before 1973."""


def _written(value: Any) -> Any:
    """Undo what a query does to a +, and refuse numbers that are a year or a date rather than seconds.

    A + that was not escaped arrives as a space: 10:00:00 00:00 means 10:00:00+00:00.
    """
    if isinstance(value, str):
        value = _BARE_PLUS.sub(r"\1+", value)
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return value
    if seconds < EARLIEST_SECONDS:
        raise ValueError("a moment such as 2026-11-21T10:30:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment between the years 1 and 9999") from None


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]
"""ISO 8601, or seconds since 1970 of nine digits or more; always aware and in UTC once read."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
"""A short text that the database can hold: it cannot hold NUL."""

From = Annotated[
    Moment | None,
    Query(alias="from", description="Begin, ISO 8601; without a zone it is UTC. Included."),
]
To = Annotated[Moment | None, Query(description="End, ISO 8601; without a zone it is UTC. Excluded.")]
Clock = Annotated[
    ClockName,
    Query(
        description="Which time of a post counts: `ingested`, when it came through the door, or "
        "`created`, when its author's client says it was written."
    ),
]
Hours = Annotated[
    float | None,
    Query(
        gt=0,
        le=MAX_HOURS,
        description="Length of the window in hours, where not both `from` and `to` are given; 24 by "
        "default. It ends now, or at `to`, or begins at `from`.",
    ),
]


async def window(
    parts: ThisParts, hours: Hours = None, from_: From = None, to: To = None, clock: Clock = "ingested"
) -> Window:
    """Return the window asked for: `from` and `to`, one of them and `hours`, or the last `hours`."""
    if hours is not None and from_ is not None and to is not None:
        raise InvalidInput(
            "Give 'from' and 'to', or one of them and 'hours', but not all three.",
            details={"parameter": "hours", "provided": hours},
        )
    length = timedelta(hours=hours or DEFAULT_HOURS)
    try:
        end = to or (from_ + length if from_ and hours else parts.clock.now())
        start = from_ or end - length
    except OverflowError:
        raise InvalidInput(OUTSIDE) from None
    return Window(start=start, end=end, clock=clock)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFilters:
    """Filters as people say them: the topic by name."""

    filters: Filters
    topic: str | None

    def resolve(self, connection: Any) -> Filters:
        """Return the filters with the topic's number.

        Raises `InvalidInput` where there is no such topic.
        """
        if self.topic is None:
            return self.filters
        return replace(self.filters, topic=topic_number(connection, self.topic))


async def filters(
    source: Annotated[Word | None, Query(description="Only posts of this source, e.g. `reddit`.")] = None,
    topic: Annotated[
        Word | None, Query(description="Only posts about this topic: its name or its id.")
    ] = None,
    lang: Annotated[
        Word | None,
        Query(
            description="Only posts in this language, a BCP-47 tag as the source declares it, e.g. `en`; "
            "`und` asks for posts without one."
        ),
    ] = None,
    model: Annotated[
        Word | None,
        Query(
            description="Only posts whose headline reading is by this model: its key, or one version of "
            "it as `key@version`. Distribution and timeline of one version count all it has read, also in the "
            "shadow or in a re-analysis."
        ),
    ] = None,
) -> NamedFilters:
    """Return the filters asked for."""
    lowered = lang.lower() if lang else None
    return NamedFilters(filters=Filters(source=source, lang=lowered, model=model), topic=topic)


ThisWindow = Annotated[Window, Depends(window)]
TheseFilters = Annotated[NamedFilters, Depends(filters)]
