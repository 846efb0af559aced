"""Which topic people mean: they say its name, programs its number."""

from psycopg import Connection

from groundswell.core.errors import InvalidInput
from groundswell.store.statements import load

SQL = load("groundswell.views", "collection")


def topic_number(connection: Connection, name: str) -> int:
    """Return the number of the topic called `name`, in any case, else of the one numbered so.

    Raises `InvalidInput` where there is none: it names a parameter, not the thing asked for.
    """
    row = connection.execute(SQL["topic_called"], {"name": name}).fetchone()
    if row is None:
        raise InvalidInput(f"There is no topic {name!r}.", details={"parameter": "topic", "provided": name})
    return int(row[0])
