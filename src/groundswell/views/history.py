"""How many posts the same minutes of past days held: what is usual at this time of day."""

from psycopg import Connection

from groundswell.store.deltas import ALL_POSTS
from groundswell.store.statements import load
from groundswell.views.completeness import collection
from groundswell.views.filters import DAY, Filters, Window

SQL = load("groundswell.views", "history")


def past_days(connection: Connection, window: Window, filters: Filters, days: int) -> list[int]:
    """Return the posts of `window` moved back by one day, two days and so on, up to `days`.

    Left out are days that began before the first post of all, or in which collection had a gap or
    the topic was not matched: what is missing must not make the rest look like much. Posts that a
    fallback read count too.
    """
    known = collection(
        connection, Window(start=window.start - days * DAY, end=window.end), filters, window.end
    )
    values = {
        "start": window.start,
        "end": window.end,
        "days": days,
        "topic": ALL_POSTS if filters.topic is None else filters.topic,
        "source": filters.source,
        "languages": filters.languages,
        "model": filters.model,
    }
    found = connection.execute(SQL["past_days"], values).fetchall()
    return [
        int(posts) for day, posts in found if known.complete(window.start - day * DAY, window.end - day * DAY)
    ]
