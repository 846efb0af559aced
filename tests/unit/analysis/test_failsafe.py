"""Whoever fails, the next one answers, within its time; and nobody is asked who does not answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from tests.chains import Puppet, backend, chain, soon

from groundswell.analysis.backend import MOST_LOST, Backend
from groundswell.analysis.breaker import BreakerRules
from groundswell.analysis.failsafe import Failsafe, SafeModel
from groundswell.core.clock import ManualClock
from groundswell.core.errors import Busy, ModelUnavailable, UnreadableText
from groundswell.core.mood import Reading
from groundswell.models.port import Patience
from groundswell.observe import Metrics

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_primary_answers_and_no_one_else_is_asked() -> None:
    first, second = Puppet("first@1"), Puppet("second@1")
    answered = chain(first, second).read(["a", "b"])
    assert [one.model_used for one in answered.readings] == ["first@1", "first@1"]
    assert not any(one.fallback_used for one in answered.readings) and second.calls == []


@pytest.mark.parametrize("mood", ["dead", "broken"])
def test_when_it_fails_the_next_one_answers_and_says_so(mood: str) -> None:
    failsafe = chain(Puppet("first@1", mood), Puppet("second@1", mood), Puppet("third@1"))
    answered = failsafe.read(["a", "b"])
    assert [(one.model_used, one.fallback_used) for one in answered.readings] == [("third@1", True)] * 2


def test_after_three_failures_it_is_not_asked_until_the_time_out_and_then_once() -> None:
    clock, first, second = ManualClock(START), Puppet("first@1", "dead"), Puppet("second@1")
    failsafe = chain(backend(first, clock=clock), second)
    for _ in range(20):
        failsafe.read(["a"])
    assert len(first.calls) == 3
    clock.advance(59)
    failsafe.read(["a"])
    assert len(first.calls) == 3
    clock.advance(1)
    failsafe.read(["a"])
    failsafe.read(["a"])
    assert len(first.calls) == 4
    clock.advance(60)
    first.mood = "fine"
    assert not failsafe.read(["a"]).is_fallback and not failsafe.read(["a"]).is_fallback


def test_without_a_model_the_fallback_answers_and_the_breaker_stays_closed() -> None:
    failsafe = chain(None, Puppet("second@1"))
    assert failsafe.read(["a"]).is_fallback
    assert failsafe.primary.breaker.status().failure_count == 0


def test_when_nobody_can_answer_nothing_is_invented() -> None:
    failsafe = chain(Puppet(mood="dead"), Puppet(mood="broken"))
    with pytest.raises(ModelUnavailable):
        failsafe.read(["a"])
    with pytest.raises(ModelUnavailable):
        chain(None).read(["a"])


@pytest.mark.parametrize("text", ["bad", "poison"])
def test_a_bad_text_is_the_callers_own_and_no_failure(text: str) -> None:
    first, second = Puppet("first@1"), Puppet("second@1")
    failsafe = chain(first, second)
    for _ in range(10):
        with pytest.raises(UnreadableText):
            failsafe.read([text])
    status = failsafe.primary.breaker.status()
    assert (status.state, status.failure_count, second.calls) == ("CLOSED", 0, [])


def test_an_answer_that_does_not_come_is_a_failure_and_the_caller_does_not_wait() -> None:
    hanging, second = Puppet("first@1", "hang"), Puppet("second@1")
    failsafe = chain(backend(hanging, seconds=0.05), second)
    for _ in range(10):
        assert failsafe.read(["a"]).is_fallback
    assert failsafe.primary.breaker.status().state == "OPEN" and len(hanging.calls) == 3
    assert "no answer within" in failsafe.primary.breaker.status().last_failure
    hanging.released.set()


def test_a_failure_counts_when_its_caller_gives_up_not_when_the_next_one_comes() -> None:
    for _ in range(5):
        hanging = Puppet("first@1", "hang")
        first = backend(hanging, seconds=0.3, rules=BreakerRules(max_failures=1))
        assert chain(first, Puppet("second@1")).read(["a"]).is_fallback
        assert first.breaker.status().state == "OPEN"
        hanging.released.set()


def far(model: Puppet) -> Backend:
    """A backend that is asked over the network and has twenty seconds."""
    found = backend(model, name="far", seconds=20)
    found.is_far = True
    return found


def test_a_provider_elsewhere_has_what_is_left_of_the_callers_time() -> None:
    slow = Puppet("llm@1", "hang")
    failsafe = Failsafe(
        backend(Puppet("first@1", "dead")),
        [provider := far(slow), backend(Puppet("third@1"))],
        metrics=Metrics(),
        deadline=Patience(seconds=0.5),
    )
    assert failsafe.read(["a"]).model.info.name == "third@1"
    assert asyncio.run(failsafe.read_soon(["a"])).model.info.name == "third@1"
    # that callers did not wait says nothing of the provider: its own time is not over
    assert slow.calls and provider.breaker.status().failure_count == 0
    slow.released.set()


def test_when_the_model_took_all_the_time_a_provider_elsewhere_is_not_asked() -> None:
    hanging, llm = Puppet("first@1", "hang"), Puppet("llm@1")
    failsafe = Failsafe(
        backend(hanging, seconds=0.3),
        [far(llm), backend(Puppet("third@1"))],
        metrics=Metrics(),
        deadline=Patience(seconds=0.3),
    )
    assert failsafe.read(["a"]).model.info.name == "third@1"
    assert llm.calls == []
    hanging.released.set()


def test_long_texts_have_the_time_a_slow_processor_needs_and_short_ones_no_more_than_before() -> None:
    """Two hundred pages are ten times the work of two hundred tweets: to be slow at them is no failure."""
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))

    class Slow(Puppet):
        def read(self, texts: Sequence[str]) -> list[Reading]:
            clock.advance(35)
            return super().read(texts)

    model = Slow("first@1")
    failsafe = chain(backend(model, clock=clock, seconds=5), Puppet("second@1"))
    for _ in range(2):  # when the second is answered, the first has been judged
        assert not failsafe.read(["word " * 300] * 200).is_fallback
    assert failsafe.primary.breaker.status().failure_count == 0
    assert failsafe.primary.patience.of(200, 200 * 4) == pytest.approx(5 + 199 * 0.05)


def test_hanging_calls_are_bounded() -> None:
    hanging = Puppet(mood="hang")
    rules = BreakerRules(max_failures=1_000, open_seconds=60)
    primary = backend(hanging, seconds=0.01, rules=rules)
    for _ in range(3 * MOST_LOST):
        with pytest.raises(ModelUnavailable):
            primary.read(["a"])
    assert len(hanging.calls) <= MOST_LOST
    hanging.released.set()


def test_what_comes_at_the_same_time_is_read_together() -> None:
    model = Puppet(mood="hang")
    primary = backend(model)
    threads = [threading.Thread(target=primary.read, args=([f"text {number}"],)) for number in range(20)]
    threads[0].start()
    while not model.calls:
        pass
    for thread in threads[1:]:
        thread.start()
    while len(primary._waiting) < 19:
        pass
    model.mood = "fine"
    model.released.set()
    for thread in threads:
        thread.join(10)
    assert [len(call) for call in model.calls] == [1, 19]


def test_a_bad_text_among_others_that_wait_spoils_its_own_wish_alone() -> None:
    model = Puppet(mood="hang")
    primary = backend(model)
    got: dict[str, object] = {}

    def read(text: str) -> None:
        try:
            got[text] = primary.read([text])[0].model_used
        except UnreadableText as error:
            got[text] = type(error)

    threads = [threading.Thread(target=read, args=(text,)) for text in ("first", "a", "bad", "poison", "b")]
    threads[0].start()
    while not model.calls:
        pass
    for thread in threads[1:]:
        thread.start()
    while len(primary._waiting) < 4:
        pass
    model.released.set()
    for thread in threads:
        thread.join(10)
    assert got == dict.fromkeys(("first", "a", "b"), "puppet@1") | {
        "bad": UnreadableText,
        "poison": UnreadableText,
    }


def test_two_hundred_callers_and_fifty_swaps_are_one_version_each() -> None:
    models = Puppet("m@1"), Puppet("m@2")
    now = [models[0]]
    failsafe = chain(backend(lambda: now[0], threads=2), Puppet("second@1"))
    start, wrong = threading.Barrier(41), list[object]()

    def ask() -> None:
        start.wait(10)
        for _ in range(25):
            used = {reading.model_used for reading in failsafe.read(["a", "b", "c"]).readings}
            if used not in ({"m@1"}, {"m@2"}):
                wrong.append(used)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    start.wait(10)
    for number in range(50):
        now[0] = models[number % 2]
        threading.Event().wait(0.001)
    for thread in threads:
        thread.join(20)
    assert wrong == []


def test_in_the_place_of_a_model() -> None:
    first = Puppet("first@1")
    model = SafeModel(chain(first, Puppet("second@1")))
    assert model.info.name == "first@1" and model.explain("a")[0].token == "a"
    first.mood = "dead"
    assert [one.fallback_used for one in model.read(["a"])] == [True]
    assert SafeModel(chain(None, Puppet("second@1"))).info.name == "second@1"


class Full(Puppet):
    """A service that has no room."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.calls.append(list(texts))
        raise Busy


def test_to_be_full_is_no_failure_and_no_fallback_answers_instead() -> None:
    full, second = Full(), Puppet("second@1")
    failsafe = chain(full, second)
    for _ in range(5):
        with pytest.raises(Busy):
            failsafe.read(["a"])
    assert failsafe.primary.breaker.status().failure_count == 0
    assert len(full.calls) == 5 and second.calls == []


def test_a_worker_takes_a_full_service_for_an_outage_not_for_a_bad_post() -> None:
    with pytest.raises(ModelUnavailable):
        SafeModel(chain(Full())).read(["a"])


async def test_many_wait_for_one_call_without_a_thread_of_their_own() -> None:
    model = Puppet(mood="hang")
    primary = backend(model, seconds=20)
    before = threading.active_count()
    first = asyncio.create_task(primary.ask_soon(["first"]))
    await soon(lambda: model.calls)
    others = [asyncio.create_task(primary.ask_soon([f"text {number}"])) for number in range(40)]
    await soon(lambda: len(primary._waiting) >= 40)
    assert threading.active_count() <= before + 1
    model.mood = "fine"
    model.released.set()
    answers = await asyncio.gather(first, *others)
    assert {one.readings[0].model_used for one in answers} == {"puppet@1"}
    assert [len(call) for call in model.calls] == [1, 40]


async def test_who_is_gone_is_not_read() -> None:
    model = Puppet(mood="hang")
    primary = backend(model, seconds=20)
    first = asyncio.create_task(primary.ask_soon(["first"]))
    await soon(lambda: model.calls)
    gone, stays = (asyncio.create_task(primary.ask_soon([text])) for text in ("gone", "stays"))
    await soon(lambda: len(primary._waiting) >= 2)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    model.mood = "fine"
    model.released.set()
    await asyncio.gather(first, stays)
    assert model.calls == [["first"], ["stays"]]


async def test_short_wishes_do_not_wait_for_a_long_one() -> None:
    model = Puppet(mood="hang")
    primary = backend(model, seconds=20, threads=2)
    long = [["many " * 100] * 30, ["more " * 100] * 30]
    slow = [asyncio.create_task(primary.ask_soon(texts)) for texts in long]
    await soon(lambda: model.calls)
    model.mood = "fine"  # the call under way hangs on
    answer = await primary.ask_soon(["short"])
    assert answer.readings[0].model_used == "puppet@1" and model.calls == [long[0], ["short"]]
    model.released.set()
    await asyncio.gather(*slow)
    assert model.calls == [long[0], ["short"], long[1]]


async def test_what_does_not_come_in_time_goes_to_the_fallback() -> None:
    hanging = Puppet(mood="hang")
    answered = await chain(backend(hanging, seconds=0.05), Puppet("second@1")).read_soon(["a"])
    assert answered.is_fallback and answered.model.info.name == "second@1"
    hanging.released.set()


async def test_company_is_waited_for_while_another_call_is_under_way() -> None:
    model = Puppet(mood="hang")
    primary = backend(model, seconds=20, threads=2, window_seconds=10)
    first = asyncio.create_task(primary.ask_soon(["first"]))
    await soon(lambda: model.calls)
    texts = [f"text {number} " + "word " * 90 for number in range(5)]
    others = [asyncio.create_task(primary.ask_soon([text])) for text in texts]
    await soon(lambda: len(model.calls) >= 2)
    model.released.set()
    await asyncio.gather(first, *others)
    assert model.calls[:2] == [
        ["first"],
        texts[:4],
    ]  # as many as a call's budget holds, long before the window ends
