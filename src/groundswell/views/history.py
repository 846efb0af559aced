"""How many posts the same minutes of past days held: what is usual at this time of day."""

from psycopg import Connection

from groundswell.store.deltas import ALL_POSTS
from groundswell.store.statements import load
from groundswell.views.filters import Filters, Window

SQL = load("groundswell.views", "history")


def past_days(connection: Connection, window: Window, filters: Filters, days: int) -> list[int]:
    """Return the posts of `window` moved back by one day, two days and so on, up to `days`.

    Days that began before the first post of all are left out: nobody was listening then. Posts
    that a fallback read count too.
    """
    values = {
        "start": window.start,
        "end": window.end,
        "days": days,
        "topic": ALL_POSTS if filters.topic is None else filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
    }
    return [int(posts) for _, posts in connection.execute(SQL["past_days"], values).fetchall()]
