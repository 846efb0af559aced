"""The gate: one lock between the writers of posts and whatever must not miss a write under way.

Every change of posts and their counts holds the gate shared, so they run side by side. What
must see all of them (a change of topics, a tombstone on an author, the parking of a post) holds
it alone: it waits until the changes under way are committed, and those that come after wait for
its commit. The lock is taken in a statement of its own and first in its transaction: the next
statement then sees everything committed before, and lock order is the same for all.

Inside the gate the order is: rows of `post_keys` by key, then rows of `rollups` by key, last.
"""

import psycopg

_NUMBER = 0x67_73_67_61_74_65
""""gsgate": the database may be shared with other users of advisory locks."""


def enter(connection: psycopg.Connection) -> None:
    """Hold the gate shared until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_NUMBER,))


def enter_alone(connection: psycopg.Connection) -> None:
    """Hold the gate alone until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_NUMBER,))
