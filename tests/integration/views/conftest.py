"""A database with posts in it, written once for the read-only tests of a module."""

from collections.abc import Iterator

import pytest

from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()
