"""Every transition of the circuit breaker, with a clock moved by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from groundswell.analysis.breaker import Breaker, BreakerRules, Call, Transition
from groundswell.core.clock import ManualClock

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULES = BreakerRules(max_failures=3, window_seconds=300, open_seconds=60)


class Bench:
    """A breaker, its clock, and words for what is done to it."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.told: list[Transition] = []
        self.breaker = Breaker("service", RULES, self.clock, lambda _, change: self.told.append(change))
        self.out: list[Call] = []

    def do(self, word: str) -> None:
        if word.isdigit():
            self.clock.advance(int(word))
        elif word == "reset":
            self.breaker.reset()
        elif word in {"begin", "refused"}:
            call = self.breaker.allow()
            assert (call is None) == (word == "refused"), f"{word}, but {self.breaker.status()}"
            self.out += [call] if call else []
        elif word in {"late-fail", "late-ok", "late-bad"}:
            self._report(self.out.pop(0), word.removeprefix("late-"))
        else:
            call = self.breaker.allow()
            assert call is not None, f"{word} was refused in {self.breaker.status()}"
            self._report(call, word)

    def _report(self, call: Call, word: str) -> None:
        if word == "ok":
            call.succeeded()
        elif word == "fail":
            call.failed("no answer")
        else:
            call.abandon()

    @property
    def path(self) -> list[str]:
        return [change.after for change in self.told]


@pytest.mark.parametrize(
    ("script", "path", "state"),
    [
        # CLOSED
        ("ok fail ok fail ok", [], "CLOSED"),
        ("fail fail fail refused", ["OPEN"], "OPEN"),
        ("fail ok fail ok fail refused", ["OPEN"], "OPEN"),
        ("fail 150 fail 150 fail refused", ["OPEN"], "OPEN"),
        ("fail 150 fail 151 fail ok", [], "CLOSED"),
        ("fail 150 fail 151 fail 1 fail refused", ["OPEN"], "OPEN"),
        ("fail fail bad bad bad ok", [], "CLOSED"),
        ("fail fail reset fail fail ok", [], "CLOSED"),
        # OPEN
        ("fail fail fail 59 refused", ["OPEN"], "OPEN"),
        ("fail fail fail 60 begin refused refused", ["OPEN", "HALF_OPEN"], "HALF_OPEN"),
        ("fail fail fail reset ok", ["OPEN", "CLOSED"], "CLOSED"),
        # HALF_OPEN
        ("fail fail fail 60 ok ok", ["OPEN", "HALF_OPEN", "CLOSED"], "CLOSED"),
        ("fail fail fail 60 fail refused 59 refused", ["OPEN", "HALF_OPEN", "OPEN"], "OPEN"),
        (
            "fail fail fail 60 fail 60 ok",
            ["OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "CLOSED"],
            "CLOSED",
        ),
        # a success of the probe forgets the failures that opened it
        ("fail fail fail 60 ok fail fail ok", ["OPEN", "HALF_OPEN", "CLOSED"], "CLOSED"),
        # bad input as a probe says nothing: another one goes at once
        ("fail fail fail 60 bad ok", ["OPEN", "HALF_OPEN", "CLOSED"], "CLOSED"),
        ("fail fail fail 60 begin reset ok", ["OPEN", "HALF_OPEN", "CLOSED"], "CLOSED"),
        # a probe that is never heard of is given up, and what it says later is not heard
        ("fail fail fail 60 begin 59 refused 1 begin late-fail refused", ["OPEN", "HALF_OPEN"], "HALF_OPEN"),
        ("fail fail fail 60 begin 60 ok late-fail ok", ["OPEN", "HALF_OPEN", "CLOSED"], "CLOSED"),
        # calls from before a change are not heard after it
        ("begin begin fail fail fail late-ok late-fail refused", ["OPEN"], "OPEN"),
        ("begin fail fail fail 60 late-ok begin refused", ["OPEN", "HALF_OPEN"], "HALF_OPEN"),
        ("begin fail fail reset late-fail fail fail ok", [], "CLOSED"),
    ],
)
def test_every_transition(script: str, path: list[str], state: str) -> None:
    bench = Bench()
    for word in script.split():
        bench.do(word)
    assert (bench.path, bench.breaker.status().state) == (path, state)


def test_a_call_is_heard_once() -> None:
    bench = Bench()
    call = bench.breaker.allow()
    assert call is not None
    for _ in range(5):
        call.failed("no answer")
    assert bench.breaker.status().failure_count == 1


def test_it_says_when_it_tries_again_and_why_it_opened() -> None:
    bench = Bench()
    for word in ("1", "fail", "fail", "fail", "20"):
        bench.do(word)
    status = bench.breaker.status()
    assert status.opened_at == START + timedelta(seconds=1)
    assert status.retry_at == START + timedelta(seconds=61)
    assert (status.failure_count, status.activations, status.last_failure) == (3, 1, "no answer")
    assert "no answer" in status.transitions[-1].why
    bench.do("reset")
    closed = bench.breaker.status()
    assert (closed.opened_at, closed.retry_at, closed.failure_count) == (None, None, 0)


def test_flapping_is_one_probe_a_time_out_and_bounded_in_memory() -> None:
    bench = Bench()
    for word in ("fail", "fail", "fail"):
        bench.do(word)
    probes = 0
    for _ in range(600):  # ten minutes, a call a second, all in vain
        bench.clock.advance(1)
        if call := bench.breaker.allow():
            probes += 1
            call.failed("still dead")
    assert probes == 10
    for _ in range(20):  # up and down again and again
        bench.clock.advance(60)
        for word in ("ok", "fail", "fail", "fail"):
            bench.do(word)
    status = bench.breaker.status()
    assert (status.state, status.activations, len(status.transitions)) == ("OPEN", 21, 10)


@pytest.mark.parametrize("ending", ["ok", "fail"])
def test_of_many_at_once_one_is_the_probe(ending: str) -> None:
    bench = Bench()
    for word in ("fail", "fail", "fail", "60"):
        bench.do(word)
    start, calls = threading.Barrier(16), list[Call]()

    def try_it() -> None:
        start.wait(10)
        if call := bench.breaker.allow():
            calls.append(call)

    _all_at_once(try_it, 16)
    assert len(calls) == 1 and calls[0].is_probe
    bench._report(calls[0], ending)
    assert bench.breaker.status().state == ("CLOSED" if ending == "ok" else "OPEN")


def test_failures_of_many_at_once_open_it_once() -> None:
    bench = Bench()
    calls = [call for _ in range(16) if (call := bench.breaker.allow())]
    start = threading.Barrier(16)

    def fail() -> None:
        start.wait(10)
        calls.pop().failed("no answer")

    _all_at_once(fail, 16)
    assert bench.path == ["OPEN"] and bench.breaker.status().activations == 1


def _all_at_once(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
