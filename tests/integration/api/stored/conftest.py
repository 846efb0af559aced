"""An API over a day of stored posts: what it answers can be counted again from the posts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.integration.views.made import A_DAY, THE_DAY_AFTER, store

from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    store(opened, A_DAY)
    yield opened
    opened.close()


@pytest.fixture
def parts(parts_of: Callable[..., Parts], database: Database) -> Parts:
    return parts_of(database=database, clock=ManualClock(THE_DAY_AFTER))
