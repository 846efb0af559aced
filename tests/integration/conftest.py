"""Fixtures of the tests with real servers."""

from collections.abc import Iterator

import pytest
from tests.integration.journey import Journey


@pytest.fixture
def journey(redis_url: str, database_url: str) -> Iterator[Journey]:
    """A door and empty servers behind it."""
    made = Journey(redis_url, database_url)
    yield made
    made.close()
