"""Arrays as PostgreSQL reads them: a batch is sent as columns, and writing them out is what it costs."""

from collections.abc import Iterable


def integers(values: Iterable[int]) -> str:
    """Write an array of integers; several times as fast as psycopg, which looks at each on its own."""
    return "{" + ",".join(map(str, values)) + "}"
