"""Whatever happens to workers, in whatever order: every entry has its effect once and the books are true.

Hypothesis delivers, kills, loses replies, lets zombies come back late, sends copies and switches the
store off, against the real consumer and a real Valkey; the store is a counter.
"""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.unit.stream.fakes import GROUP, STREAM, Effects, Killed, add, consumer

from groundswell.stream.connect import client
from groundswell.stream.consumer import OUTAGES, Consumer
from groundswell.stream.keys import Keys
from groundswell.stream.ledger import read_ledger

WORKERS = st.sampled_from(["a:0", "b:0", "c:0"])
POINTS = st.sampled_from(["after_read", "before_commit", "after_commit", "before_ack", "after_ack"])


class Fate:
    """Decides what happens when a worker passes a point."""

    def __init__(self) -> None:
        self.at, self.happens = "", self.nothing

    def nothing(self) -> None: ...

    def __call__(self, point: str) -> None:
        if point == self.at:
            happens, self.at, self.happens = self.happens, "", self.nothing
            happens()


def die() -> None:
    raise Killed


class Protocol(RuleBasedStateMachine):
    """Three workers on one stream, and everything that may go wrong between them."""

    url = ""

    @initialize()
    def start(self) -> None:
        self.valkey = client(self.url)
        self.valkey.flushall()
        self.effects, self.fate = Effects(), Fate()
        self.effects.before_commit = lambda: self.fate("before_commit")
        self.effects.after_commit = lambda: self.fate("after_commit")
        self.workers: dict[str, Consumer] = {}
        self.sent: list[str] = []

    def teardown(self) -> None:
        if not hasattr(self, "valkey"):
            return
        self.effects.is_down, self.fate.at = False, ""
        for _ in range(200):
            for name in ("a:0", "b:0", "c:0"):
                self._turn(name)
            if read_ledger(self.valkey, STREAM, GROUP).backlog == 0:
                break
        self._judge()
        self.valkey.close()

    def _judge(self) -> None:
        books = read_ledger(self.valkey, STREAM, GROUP)
        assert books.backlog == books.pending == books.imbalance == 0
        good = {text.encode() for text in self.sent if text.startswith("good")}
        bad = {text.encode() for text in self.sent if text.startswith("bad")}
        assert set(self.effects.stored) == good, "nothing is lost, nothing invented"
        assert set(self.effects.stored.values()) <= {1}, "nothing has its effect twice"
        assert set(self.effects.parked) == bad, "only bad ones are parked"
        assert books.settled.get("stored", 0) <= len(good)
        assert sum(books.settled.values()) == len(self.sent)
        announced = [fields[b"id"] for _, fields in self.valkey.xrange(Keys(STREAM).live)]  # type: ignore[union-attr, index]
        assert len(announced) == len(set(announced)), "nothing is announced twice"

    def _worker(self, name: str) -> Consumer:
        if name not in self.workers:
            self.workers[name] = consumer(
                self.url, self.effects, name, self.fate, max_deliveries=1000, claim_idle_seconds=0.0005
            )
        return self.workers[name]

    def _turn(self, name: str) -> None:
        try:
            self._worker(name).step()
        except Killed:
            self.workers.pop(name)
        except OUTAGES as error:
            self.workers[name]._note_trouble(error)

    @rule(count=st.integers(1, 12), bad=st.booleans())
    def publish(self, count: int, bad: bool) -> None:
        number = len(self.sent)
        texts = [f"good {number + i}" for i in range(count)] + ([f"bad {number}"] if bad else [])
        self.sent += texts
        add(self.valkey, *texts)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def publish_a_copy(self, data: Any) -> None:
        text = data.draw(st.sampled_from(self.sent))
        self.sent.append(text)
        add(self.valkey, text)

    @rule(name=WORKERS)
    def work(self, name: str) -> None:
        self._turn(name)

    @rule(name=WORKERS, point=POINTS)
    def die_at(self, name: str, point: str) -> None:
        self.fate.at, self.fate.happens = point, die
        self._turn(name)
        self.fate.at = ""

    @rule(name=WORKERS)
    def die_idle(self, name: str) -> None:
        self.workers.pop(name, None)

    @rule(name=WORKERS, other=WORKERS, point=st.sampled_from(["before_commit", "after_commit", "before_ack"]))
    def sleep_at_and_come_back_late(self, name: str, other: str, point: str) -> None:
        """SIGSTOP in the midst of a batch; another worker takes over; then the first goes on."""
        if other == name:
            return

        def others_work() -> None:
            for _ in range(10):
                self._turn(other)

        self.fate.at, self.fate.happens = point, others_work
        self._turn(name)
        self.fate.at = ""

    @rule(name=WORKERS)
    def lose_the_reply_of_a_read(self, name: str) -> None:
        self._lose_one_reply(name, "_reader", "XREADGROUP")

    @rule(name=WORKERS)
    def lose_the_reply_of_a_script(self, name: str) -> None:
        self._lose_one_reply(name, "_client", "EVALSHA")

    def _lose_one_reply(self, name: str, which: str, command: str) -> None:
        connection: redis.Redis = getattr(self._worker(name), which)
        run: Callable[..., Any] = connection.execute_command

        def lossy(*arguments: Any, **options: Any) -> Any:
            answer = run(*arguments, **options)
            if arguments[0] == command:
                raise redis.ConnectionError("the reply is lost")
            return answer

        connection.execute_command = lossy  # type: ignore[method-assign]
        self._turn(name)
        connection.execute_command = run  # type: ignore[method-assign]

    @rule(down=st.booleans())
    def switch_the_store(self, down: bool) -> None:
        self.effects.is_down = down

    @invariant()
    def the_books_are_true_at_every_moment(self) -> None:
        if hasattr(self, "valkey"):
            books = read_ledger(self.valkey, STREAM, GROUP)
            assert books.imbalance == 0 and books.added == len(self.sent)
            assert max(self.effects.stored.values(), default=1) == 1


@pytest.mark.timeout(900)
def test_every_entry_has_its_effect_once_whatever_happens(redis_url: str) -> None:
    Protocol.url = redis_url
    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
