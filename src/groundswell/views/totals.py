"""The day's totals that the live feed repeats: absolute, so that a client may miss some."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from groundswell.views.filters import EVERYTHING, Filters, Window
from groundswell.views.sums import NOTHING, window_sums

WINDOW_HOURS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Headline readings of the last `WINDOW_HOURS` on the clock of ingestion, without fallbacks."""

    total_posts: int
    positive: int
    negative: int
    neutral: int


def totals(connection: Connection, now: datetime, filters: Filters = EVERYTHING) -> Totals:
    """Return the totals of the window that ends with the minute of `now`, as `distribution` counts them."""
    window = Window(start=now - timedelta(hours=WINDOW_HOURS), end=now)
    sums = window_sums(connection, window, filters, "whole").get(None, NOTHING)
    return Totals(
        total_posts=sums.total, positive=sums.positive, negative=sums.negative, neutral=sums.neutral
    )
