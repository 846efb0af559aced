"""When the stream's server has no memory left: nothing is taken in, and all that was taken in still gets out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from tests.integration.journey import Journey, raw
from tests.integration.test_promises import short_folder
from tests.servers import start_valkey, stop

from groundswell.core.errors import StreamFull
from groundswell.core.incoming import RawDeletion
from groundswell.models.null import NullModel
from groundswell.stream.connect import command

ROOM = 3_000_000
"""Bytes for posts."""

Eventually = Callable[..., None]


@pytest.fixture
def narrow(database_url: str) -> Iterator[Journey]:
    """A journey whose Valkey is out of memory after some hundred posts."""
    with short_folder() as folder:
        server, url = start_valkey(folder)
        journey = Journey(url, database_url)
        limit_to(journey, ROOM)
        yield journey
        journey.close()
        stop(server)


def limit_to(journey: Journey, room: int) -> None:
    """Leave so many bytes more than are in use now."""
    used = int(journey.redis.info("memory")["used_memory"])
    command(journey.redis, "CONFIG", "SET", "maxmemory", used + room)


def fill(journey: Journey) -> int:
    """Send long posts until no more are taken, and return how many were; then not even a word has room."""
    accepted = 0
    for number in range(100):
        try:
            accepted += journey.door.admit([raw(f"{number}-{n}", "long " * 1_900) for n in range(20)]).count
        except StreamFull:
            limit_to(journey, -100_000)  # as connections and answers take their share, too
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                journey.redis.set("anything", "more")
            return accepted
    raise AssertionError("its memory is never full")


def test_a_full_memory_is_refused_whole_and_a_worker_that_comes_now_gets_it_free(
    narrow: Journey, eventually: Eventually
) -> None:
    accepted = fill(narrow)
    assert narrow.ledger().added == narrow.ledger().backlog == accepted > 100
    with narrow.working(model=NullModel()):
        eventually(narrow.is_idle)
    assert len(narrow.contents()) == accepted and not narrow.parked()
    assert narrow.ledger().settled == {"stored": accepted}
    narrow.assert_counts_are_true()


def test_a_deletion_gets_through_a_full_memory(narrow: Journey, eventually: Eventually) -> None:
    with narrow.working(model=NullModel()):
        narrow.door.admit([raw("gone")])
        eventually(narrow.is_idle)
    narrow.door.admit([RawDeletion(source="test", post_id="pgone")])
    accepted = fill(narrow)
    with narrow.working(model=NullModel()):
        eventually(narrow.is_idle)
    assert "pgone" not in narrow.contents() and len(narrow.contents()) == accepted
    assert narrow.ledger().settled == {"stored": accepted + 1, "deleted": 1}
    narrow.assert_counts_are_true()
