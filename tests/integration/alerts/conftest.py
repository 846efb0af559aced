"""A store and a clock for watchers."""

from collections.abc import Iterator

import pytest
from tests.alerts import World

from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
