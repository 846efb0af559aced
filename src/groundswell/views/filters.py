"""What a view is taken over: a window of time on one of two clocks, and which posts of it count."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from groundswell.core.errors import InvalidInput

ClockName = Literal["ingested", "created"]
"""`ingested`: when a post came through the door; `created`: what its author's client claims."""

Period = Literal["minute", "hour", "day"]
PERIODS: tuple[Period, ...] = get_args(Period)

OUTSIDE = "A window lies between the years 1 and 9999."

UNKNOWN_LANGUAGE = "und"
"""BCP-47 for "undetermined": asks for posts whose source declared no language."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTHS: dict[Period, timedelta] = {"minute": MINUTE, "hour": HOUR, "day": DAY}


def floor(moment: datetime, length: timedelta) -> datetime:
    """Return the start of the minute, hour or day (in UTC) that `moment` lies in."""
    return moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % length


def ceil(moment: datetime, length: timedelta) -> datetime:
    """Return `moment` if it starts a minute, hour or day, else the start of the next."""
    floored = floor(moment, length)
    return moment if floored == moment else floored + length


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From `start` to before `end`, widened outwards to whole minutes of UTC.

    The counts behind every view are kept per minute and per hour, so that a minute is the
    finest edge a window can have: 10:00:30 to 10:05:10 counts 10:00 to 10:06. What was asked
    for is never cut. A view repeats the widened edges as `from` and `to`.
    """

    start: datetime
    end: datetime
    clock: ClockName = "ingested"

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window's edges must carry a time zone")
        if self.start >= self.end:
            raise InvalidInput("A window must end after it begins.", details={"parameter": "to"})
        try:
            object.__setattr__(self, "start", floor(self.start.astimezone(UTC), MINUTE))
            object.__setattr__(self, "end", ceil(self.end.astimezone(UTC), MINUTE))
            ceil(self.end, HOUR)  # the hours of `whole_hours` must have an end, too
        except OverflowError:
            raise InvalidInput(OUTSIDE) from None

    @property
    def whole_hours(self) -> tuple[datetime, datetime]:
        """The hours that lie wholly inside, as one range; (end, end) where there are none."""
        first, last = ceil(self.start, HOUR), floor(self.end, HOUR)
        return (first, last) if first < last else (self.end, self.end)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which posts count; None lets all through."""

    source: str | None = None
    #: a topic's number
    topic: int | None = None
    #: BCP-47 tag as the source declared it; `und` asks for posts without one
    lang: str | None = None
    #: a model's key, or one version of it as `key@version`
    model: str | None = None

    @property
    def languages(self) -> list[str] | None:
        """The values of a rollup's `lang` that pass; posts without a language are kept under ''."""
        if self.lang is None:
            return None
        return ["", UNKNOWN_LANGUAGE] if self.lang == UNKNOWN_LANGUAGE else [self.lang]


EVERYTHING = Filters()
