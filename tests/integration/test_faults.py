"""Lost replies: whatever the network swallows, a post counts once and none is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults import FaultProxy
from tests.integration.journey import STREAM, Journey, raw

from groundswell.core.errors import StreamUnavailable
from groundswell.stream import live

Eventually = Callable[[Callable[[], object], float], None]


@pytest.fixture
def valkey_proxy(valkey_url: str) -> Iterator[FaultProxy]:
    with FaultProxy(valkey_url.removeprefix("unix://")) as proxy:
        yield proxy


@pytest.fixture
def postgres_proxy(server_dir: Path) -> Iterator[FaultProxy]:
    with FaultProxy(str(server_dir / ".s.PGSQL.5432")) as proxy:
        yield proxy


@pytest.fixture
def fragile(journey: Journey, valkey_proxy: FaultProxy, postgres_proxy: FaultProxy) -> Iterator[Journey]:
    """The same journey over connections that can be hurt."""
    database = journey.database_url.partition("://")[2].partition("?")[0].strip("/")
    made = Journey(
        f"redis://127.0.0.1:{valkey_proxy.port}/0",
        f"postgresql://groundswell@127.0.0.1:{postgres_proxy.port}/{database}?sslmode=disable&gssencmode=disable",
    )
    yield made
    made.close()


def caught(proxy: FaultProxy, number: int) -> Callable[[], bool]:
    """A condition: so many requests whose reply is doomed have reached the server."""
    return lambda: proxy.caught == number


def lost(proxy: FaultProxy, number: int) -> Callable[[], bool]:
    """A condition: so many replies are lost."""
    return lambda: proxy.lost == number


def test_a_lost_acceptance_is_no_acceptance_and_sent_again_counts_once(
    journey: Journey, fragile: Journey, valkey_proxy: FaultProxy, eventually: Eventually
) -> None:
    posts = [raw(number) for number in range(10)]
    fragile.door.admit([raw("first")])  # the script is known to the server now
    valkey_proxy.lose_replies(b"EVALSHA")
    with pytest.raises(StreamUnavailable):
        fragile.door.admit(posts)
    assert journey.ledger().added == 11, "it was written once, not once for each try of the library"
    fragile.door.admit(posts)
    with journey.working():
        eventually(journey.is_idle, 10)
    assert journey.ledger().settled == {"stored": 11, "duplicate": 10}
    journey.assert_counts_are_true()


def test_a_worker_that_never_saw_what_it_was_handed_loses_nothing(
    journey: Journey, fragile: Journey, valkey_proxy: FaultProxy, eventually: Eventually
) -> None:
    """Entries handed out in a lost reply would wait for ever: reading on never shows them again."""
    with fragile.working(claim_idle_seconds=3600, block_seconds=1.0):
        for turn in range(1, 4):
            valkey_proxy.lose_replies(b"XREADGROUP")
            eventually(caught(valkey_proxy, turn), 10)
            journey.door.admit([raw(f"{turn}-{number}") for number in range(20)])
            eventually(lost(valkey_proxy, turn), 10)
            eventually(journey.is_idle, 20)
    assert journey.ledger().settled == {"stored": 60} and not journey.parked()
    journey.assert_counts_are_true()


def test_a_settlement_whose_reply_is_lost_is_counted_and_announced_once(
    journey: Journey, fragile: Journey, valkey_proxy: FaultProxy, eventually: Eventually
) -> None:
    with fragile.working(claim_idle_seconds=3600):
        for turn in range(1, 6):
            valkey_proxy.lose_replies(b"EVALSHA")
            journey.door.admit([raw(f"{turn}-{number}") for number in range(20)])
            eventually(lost(valkey_proxy, turn), 10)
            eventually(journey.is_idle, 20)
    assert journey.ledger().settled == {"stored": 100} and not journey.parked()
    journey.assert_counts_are_true()
    announced = [event.id for event in live.since(journey.redis, STREAM, "0-0", 1000)]
    assert len(announced) == len(set(announced)) == 100


def test_a_commit_whose_reply_is_lost_counts_once(
    journey: Journey, fragile: Journey, postgres_proxy: FaultProxy, eventually: Eventually
) -> None:
    with fragile.working():
        journey.door.admit([raw("warm")])
        eventually(journey.is_idle, 10)
        for round_ in range(5):
            postgres_proxy.lose_replies(b"COMMIT", times=2)
            journey.door.admit([raw(f"{round_}-{number}") for number in range(20)])
            eventually(journey.is_idle, 20)
    assert postgres_proxy.lost >= 5
    assert len(journey.contents()) == 101 and not journey.parked()
    assert sum(journey.ledger().settled.values()) == 101
    journey.assert_counts_are_true()


def test_a_valkey_that_is_cut_off_is_waited_for(
    journey: Journey, fragile: Journey, valkey_proxy: FaultProxy, eventually: Eventually
) -> None:
    with fragile.working() as worker:
        journey.door.admit([raw("warm")])
        eventually(journey.is_idle, 10)
        valkey_proxy.cut()
        journey.door.admit([raw(number) for number in range(50)])
        eventually(lambda: worker.state()["outage"], 10)
        valkey_proxy.mend()
        eventually(journey.is_idle, 20)
    assert journey.ledger().settled == {"stored": 51} and not journey.parked()
