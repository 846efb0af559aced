"""The consumer against a real Valkey: what is delivered, claimed, parked and settled."""

import threading
from collections.abc import Iterator

import pytest
import redis
from tests.patience import PATIENCE, await_that
from tests.unit.stream.fakes import GROUP, STREAM, Effects, Killed, add, consumer

from groundswell.core.errors import StoreUnavailable
from groundswell.stream.claim import Claimer
from groundswell.stream.connect import client
from groundswell.stream.keys import Keys
from groundswell.stream.ledger import read_ledger


@pytest.fixture
def valkey(redis_url: str) -> Iterator[redis.Redis]:
    with client(redis_url) as connected:
        yield connected


def read_and_die(redis_url: str, name: str, count: int = 100) -> None:
    """Read as a worker does, and never come back."""
    with client(redis_url) as reader:
        reader.xreadgroup(GROUP, name, {STREAM: ">"}, count=count)


def turn(worker: object, times: int = 20) -> None:
    for _ in range(times):
        worker.step()  # type: ignore[attr-defined]


def test_what_was_queued_before_the_first_worker_is_handled(redis_url: str, valkey: redis.Redis) -> None:
    add(valkey, *[f"early {n}" for n in range(20)])
    effects = Effects()
    turn(consumer(redis_url, effects))
    assert len(effects.stored) == 20 and set(effects.stored.values()) == {1}
    books = read_ledger(valkey, STREAM, GROUP)
    assert (books.added, books.settled, books.backlog, books.pending) == (20, {"stored": 20}, 0, 0)
    assert books.imbalance == 0 and books.oldest_accepted_at is None


def test_a_dead_workers_entries_are_taken_over_on_a_quiet_stream(redis_url: str, valkey: redis.Redis) -> None:
    first, second = Effects(), Effects()
    turn(consumer(redis_url, first, "a:0"), 1)
    add(valkey, "one", "two", "three")
    read_and_die(redis_url, "a:0")
    turn(consumer(redis_url, second, "b:0"))
    assert set(second.stored) == {b"one", b"two", b"three"}
    assert read_ledger(valkey, STREAM, GROUP).pending == 0


def test_a_restarted_worker_finds_what_its_predecessor_held(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    turn(consumer(redis_url, effects, claim_idle_seconds=3600), 1)
    add(valkey, "one", "two")
    read_and_die(redis_url, "host:0")
    turn(consumer(redis_url, effects, claim_idle_seconds=3600))
    assert set(effects.stored) == {b"one", b"two"}


def test_one_crashing_entry_is_parked_and_its_neighbours_are_not_blamed(
    redis_url: str, valkey: redis.Redis
) -> None:
    effects = Effects()
    add(valkey, *[f"good {n}" for n in range(30)], "crash", *[f"good {n}" for n in range(30, 60)])
    for _ in range(40):  # a supervisor starts it again and again
        try:
            turn(consumer(redis_url, effects, batch=20), 80)
            break
        except Killed:
            continue
    assert effects.parked == {b"crash": "It crashed its worker 5 times."}
    assert len(effects.stored) == 60
    assert max(count for text, count in effects.attempts.items() if text != b"crash") <= 3


def test_bad_entries_are_found_by_halving_and_parked_alone(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    texts = [f"bad {n}" if n in {3, 4, 30, 63} else f"good {n}" for n in range(64)]
    add(valkey, *texts)
    turn(consumer(redis_url, effects, batch=64))
    assert set(effects.parked) == {b"bad 3", b"bad 4", b"bad 30", b"bad 63"}
    assert set(effects.parked.values()) == {"It fails with ValueError."}
    assert len(effects.stored) == 60
    assert read_ledger(valkey, STREAM, GROUP).settled == {"stored": 60, "parked": 4}


def test_an_outage_counts_against_nobody(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    worker = consumer(redis_url, effects)
    turn(worker, 1)
    add(valkey, "one", "two")
    read_and_die(redis_url, "other:0")
    effects.is_down = True
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            worker.step()
    effects.is_down = False
    turn(worker)
    assert set(effects.stored) == {b"one", b"two"} and not effects.parked


def test_an_outage_in_mid_recovery_takes_its_attempt_back(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    turn(consumer(redis_url, effects), 1)
    add(valkey, "one")
    read_and_die(redis_url, "host:0")
    for _ in range(7):  # restarted over and over while the database goes away in the midst of the batch
        worker = consumer(redis_url, effects)

        def go_down() -> None:
            raise StoreUnavailable

        effects.before_commit = go_down
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        await_that(lambda worker=worker: worker.outage is not None)  # type: ignore[misc]
        await_that(lambda: pending_times(valkey) == 1)
        stop.set()
        thread.join(PATIENCE)
    effects.before_commit = lambda: None
    turn(consumer(redis_url, effects))
    assert set(effects.stored) == {b"one"} and not effects.parked


def pending_times(valkey: redis.Redis) -> int:
    lines = valkey.xpending_range(STREAM, GROUP, "-", "+", 1)
    return int(lines[0]["times_delivered"]) if lines else 0


def test_a_group_that_vanished_is_made_again_from_the_start(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    worker = consumer(redis_url, effects)
    add(valkey, "one")
    turn(worker)
    valkey.flushall()
    add(valkey, "two", "three")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    await_that(lambda: set(effects.stored) == {b"one", b"two", b"three"})
    stop.set()
    thread.join(PATIENCE)
    books = read_ledger(valkey, STREAM, GROUP)
    assert books.imbalance == 0 and books.settled == {"stored": 2}


def test_a_stream_with_a_life_before_us_is_adopted(redis_url: str, valkey: redis.Redis) -> None:
    """Other consumers acknowledge and never delete; what is still in the stream is ours to read."""
    ids = add(valkey, "trimmed", "acknowledged", "waiting")
    valkey.xgroup_create(STREAM, GROUP, "0")
    read_and_die(redis_url, "old", 2)
    valkey.xack(STREAM, GROUP, ids[0], ids[1])
    valkey.xdel(STREAM, ids[0])
    effects = Effects()
    turn(consumer(redis_url, effects))
    assert set(effects.stored) == {b"acknowledged", b"waiting"}
    books = read_ledger(valkey, STREAM, GROUP)
    assert books.settled == {"before": 1, "stored": 2} and books.imbalance == 0 and books.backlog == 0


def test_entries_that_vanish_are_an_alarm_not_a_silence(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    turn(consumer(redis_url, effects, "a:0"), 1)
    ids = add(valkey, "one", "two")
    read_and_die(redis_url, "a:0")
    valkey.xdel(STREAM, ids[0])
    worker = consumer(redis_url, effects, "b:0")
    turn(worker)
    assert set(effects.stored) == {b"two"}
    vanished = worker._metrics.registry.get_sample_value("groundswell_stream_vanished_total")
    assert vanished == 1
    books = read_ledger(valkey, STREAM, GROUP)
    assert books.pending == 0 and books.imbalance == 1


def test_no_appetite_means_no_reading(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    effects.hunger = 0
    add(valkey, "one")
    worker = consumer(redis_url, effects)
    turn(worker, 5)
    assert not effects.attempts and read_ledger(valkey, STREAM, GROUP).pending == 0
    effects.hunger = 1
    turn(worker, 3)
    assert set(effects.stored) == {b"one"}


def test_the_brake_in_mid_batch_keeps_the_rest_in_hand(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    add(valkey, *[f"good {n}" for n in range(8)])
    worker = consumer(redis_url, effects)

    def lose_appetite() -> None:
        effects.hunger = 0

    effects.hunger, effects.after_commit = 4, lose_appetite
    turn(worker, 1)
    assert len(effects.stored) == 4
    effects.hunger, effects.after_commit = 100, lambda: None
    turn(worker)
    assert len(effects.stored) == 8


def test_what_is_in_hand_is_not_claimed_while_it_is_touched(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    turn(consumer(redis_url, effects), 1)
    add(valkey, "one")
    read_and_die(redis_url, "slow:0")
    ours = Claimer(valkey, stream=STREAM, group=GROUP, consumer="slow:0")
    theirs = Claimer(valkey, stream=STREAM, group=GROUP, consumer="b:0")
    held = ours.after_doubt(10).deliveries
    assert [delivery.times for delivery in held] == [1]
    assert ours.touch(held) == 1
    assert theirs.stale(3600).deliveries == []
    (claimed,) = theirs.stale(0).deliveries
    assert claimed.times == 2
    assert ours.touch(held) == 0, "what was claimed stays claimed"
    assert pending_times(valkey) == 2


def test_the_sweeper_never_drops_pending_entries(redis_url: str, valkey: redis.Redis) -> None:
    turn(consumer(redis_url, Effects()), 1)
    add(valkey, "one")
    read_and_die(redis_url, "dead:0")
    valkey.xgroup_createconsumer(STREAM, GROUP, "idle:0")
    sweep = valkey.register_script(sweeper())
    removed = sweep(keys=[STREAM, Keys(STREAM).live], args=[GROUP, "host:0", -1, 10**9])
    names = {line["name"] for line in valkey.xinfo_consumers(STREAM, GROUP)}
    assert removed == 1 and b"dead:0" in names and b"idle:0" not in names and b"host:0" in names


def sweeper() -> str:
    from groundswell.stream.scripts import text

    return text("sweep")


def test_a_drain_finishes_what_is_in_hand(redis_url: str, valkey: redis.Redis) -> None:
    effects = Effects()
    worker = consumer(redis_url, effects, batch=4)
    stop = threading.Event()
    effects.after_commit = stop.set
    add(valkey, *[f"good {n}" for n in range(20)])
    worker.run(stop)
    assert len(effects.stored) == 4
    books = read_ledger(valkey, STREAM, GROUP)
    assert books.pending == 0 and books.backlog == 16 and books.imbalance == 0
