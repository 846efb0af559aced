"""Results kept for seconds: shared, bounded, and without Valkey still right."""

import threading
from collections.abc import Iterator

import pytest
import redis
from tests.system import until

from groundswell.cache.results import INDEX, MOST_UNKEPT, PREFIX, ResultCache, named
from groundswell.core.clock import SystemClock
from groundswell.observe import Metrics
from groundswell.stream.connect import client


@pytest.fixture
def valkey(redis_url: str) -> Iterator[redis.Redis]:
    with client(redis_url) as connected:
        yield connected


class Counting:
    """Computes a new result each time and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return b"result %d" % self.calls


def kept(valkey: redis.Redis, number: int) -> None:
    """Wait until so many results have come to Valkey: nobody who asks waits for that."""
    until(lambda: len(valkey.keys(PREFIX + "*")) == number, what="what was computed kept")


def cache(valkey: redis.Redis, most_keys: int = 100) -> tuple[ResultCache, Metrics]:
    metrics = Metrics()
    return ResultCache(valkey, clock=SystemClock(), metrics=metrics, most_keys=most_keys), metrics


def test_a_result_is_computed_once_and_found_by_other_processes(valkey: redis.Redis) -> None:
    compute = Counting()
    (first, metrics), (second, _) = cache(valkey), cache(valkey)
    assert first.get_or_compute("a", 60, compute) == b"result 1"
    assert first.get_or_compute("a", 60, compute) == b"result 1"
    kept(valkey, 1)
    assert second.get_or_compute("a", 60, compute) == b"result 1"
    assert second.get_or_compute("b", 60, compute) == b"result 2"
    looked = [
        metrics.registry.get_sample_value("groundswell_cache_total", {"result": result})
        for result in ("hit", "miss")
    ]
    assert looked == [1, 1]


def test_nobody_waits_until_his_result_is_kept_and_those_on_their_way_are_bounded(
    valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested, _ = cache(valkey, most_keys=10 * MOST_UNKEPT)
    go_on, write, writers = threading.Event(), valkey.set, list[str]()

    def slowly(name: str, value: bytes, px: int) -> object:
        writers.append(threading.current_thread().name)
        go_on.wait(10)
        return write(name, value, px=px)

    monkeypatch.setattr(valkey, "set", slowly)
    for number in range(MOST_UNKEPT):
        assert tested.get_or_compute(f"key {number}", 60, lambda: b"mine") == b"mine"
    unasked = Counting()
    assert tested.get_or_compute("key 7", 60, unasked) == b"mine" and unasked.calls == 0
    assert not valkey.keys(PREFIX + "*")
    one_more = threading.Thread(target=lambda: tested.get_or_compute("one more", 60, unasked), name="himself")
    one_more.start()
    until(lambda: "himself" in writers, what="a result beyond the bound written by who computed it")
    go_on.set()
    one_more.join(10)
    kept(valkey, MOST_UNKEPT + 1)


def test_of_what_is_computed_again_meanwhile_only_the_latest_is_kept(
    valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested, _ = cache(valkey)
    go_on, write, written = threading.Event(), valkey.set, list[bytes]()

    def slowly(name: str, value: bytes, px: int) -> object:
        written.append(value)
        go_on.wait(10)
        return write(name, value, px=px)

    monkeypatch.setattr(valkey, "set", slowly)
    compute = Counting()
    tested.get_or_compute("a", 60, compute, bypass=True)
    until(lambda: written, what="the first one on its way")
    for _ in range(2 * MOST_UNKEPT):
        tested.get_or_compute("a", 60, compute, bypass=True)
    latest = b"result %d" % (2 * MOST_UNKEPT + 1)
    assert tested.get_or_compute("a", 60, compute) == latest
    go_on.set()
    until(lambda: valkey.get(named("a")) == latest, what="the latest one kept")
    assert written == [b"result 1", latest]


def test_bypass_computes_anew_and_keeps_that(valkey: redis.Redis) -> None:
    compute = Counting()
    tested, _ = cache(valkey)
    tested.get_or_compute("a", 60, compute)
    assert tested.get_or_compute("a", 60, compute, bypass=True) == b"result 2"
    assert tested.get_or_compute("a", 60, compute) == b"result 2"


def test_a_result_expires(valkey: redis.Redis) -> None:
    tested, _ = cache(valkey)
    tested.get_or_compute("a", 2, Counting())
    kept(valkey, 1)
    (key,) = valkey.keys(PREFIX + "*")
    assert 0 < valkey.pttl(key) <= 2000


def test_keys_are_bounded_and_those_that_expire_first_make_room(valkey: redis.Redis) -> None:
    tested, _ = cache(valkey, most_keys=10)
    for number in range(50):
        tested.get_or_compute(f"key {number}", 60 + number, Counting())
    until(lambda: valkey.exists(named("key 49")), what="the last one kept")
    assert len(valkey.keys(PREFIX + "*")) == valkey.zcard(INDEX) == 10
    again = Counting()
    assert tested.get_or_compute("key 49", 60, again) == b"result 1" and again.calls == 0


def test_those_who_ask_together_share_one_computation(valkey: redis.Redis) -> None:
    tested, _ = cache(valkey)
    entered, go_on = threading.Event(), threading.Event()
    compute = Counting()
    answers: list[bytes] = []

    def slowly() -> bytes:
        entered.set()
        go_on.wait(10)
        return compute()

    threads = [
        threading.Thread(target=lambda: answers.append(tested.get_or_compute("a", 60, slowly)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    entered.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == [b"result 1"] * 8 and compute.calls == 1


def test_who_looks_just_before_another_stores_takes_that_result(
    valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested, _ = cache(valkey)
    look, looks = valkey.get, list[object]()

    def overtaken(name: str) -> object:
        found = look(name)
        looks.append(found)
        if len(looks) == 1:
            assert tested.get_or_compute("a", 60, lambda: b"the other's") == b"the other's"
        return found

    monkeypatch.setattr(valkey, "get", overtaken)
    mine = Counting()
    assert tested.get_or_compute("a", 60, mine) == b"the other's" and mine.calls == 0
    assert looks[0] is None


def test_an_error_reaches_the_caller_and_is_not_kept(valkey: redis.Redis) -> None:
    tested, _ = cache(valkey)

    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        tested.get_or_compute("a", 60, fail)
    assert tested.get_or_compute("a", 60, Counting()) == b"result 1"


def test_without_valkey_everyone_computes() -> None:
    with client("unix:///nowhere.sock") as nobody:
        tested, _ = cache(nobody)
        compute = Counting()
        assert tested.get_or_compute("a", 60, compute) == b"result 1"
        until(lambda: tested.get_or_compute("a", 60, compute) == b"result 2", what="nothing kept")
