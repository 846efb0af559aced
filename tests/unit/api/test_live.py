from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from tests.patience import PATIENCE

from groundswell.api.live.feed import START, Message
from groundswell.api.live.hub import Hub
from groundswell.api.live.mailbox import Mailbox, Wish
from groundswell.core.clock import ManualClock, SystemClock
from groundswell.core.errors import Busy, StoreUnavailable, StreamUnavailable
from groundswell.observe import Metrics
from groundswell.stream.live import LiveEvent


def event(number: int, kind: str = "new_post", **facts: Any) -> LiveEvent:
    data = orjson.dumps({"id": f"id-{number}", **facts})
    return LiveEvent(cursor=f"{number}-0", type=kind, id=f"id-{number}", data=data)


def message(number: int, kind: str = "new_post", **facts: Any) -> Message:
    return Message.of(event(number, kind, **facts))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


Make = Callable[..., Mailbox]


@pytest.fixture
def mailbox_for(clock: ManualClock, metrics: Metrics) -> Make:
    def make(wish: Wish | None = None, *, behind: str = START, size: int = 256) -> Mailbox:
        return Mailbox(wish or Wish(rate=1000), behind=behind, clock=clock, metrics=metrics, size=size)

    return make


async def drained(mailbox: Mailbox) -> list[Any]:
    """Return what the mailbox holds now."""
    found = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                found.append(orjson.loads(await mailbox.take()))
        except TimeoutError:
            return found


def ids(events: Sequence[Any]) -> list[str]:
    return [one["data"]["id"] for one in events if one["type"] == "new_post"]


WISHES = [
    (Wish(), True),
    (Wish(source="reddit"), True),
    (Wish(source="demo"), False),
    (Wish(sentiment="negative"), True),
    (Wish(sentiment="positive"), False),
    (Wish(lang="en"), True),
    (Wish(lang="de"), False),
    (Wish(lang="und"), False),
    (Wish(topic="launch"), True),
    (Wish(topic="other"), False),
    (Wish(topic="launch", source="reddit", lang="en", sentiment="negative"), True),
    (Wish(topic="launch", source="reddit", lang="en", sentiment="neutral"), False),
]


@pytest.mark.parametrize(("wish", "is_wanted"), WISHES)
def test_a_wish_covers_what_it_names(wish: Wish, is_wanted: bool) -> None:
    facts: dict[str, Any] = {"source": "reddit", "sentiment": "negative", "lang": "en", "topics": ["launch"]}
    assert wish.covers(message(1, **facts)) is is_wanted
    assert wish.covers(message(1, "alert"))


def test_a_post_without_a_language_is_undetermined() -> None:
    assert Wish(lang="und").covers(message(1, lang=None))


async def test_the_text_of_an_event_is_json(mailbox_for: Make) -> None:
    mailbox = mailbox_for()
    mailbox.offer(message(1, content='a "quoted" ☃'))
    assert await drained(mailbox) == [
        {"type": "new_post", "data": {"id": "id-1", "content": 'a "quoted" ☃'}, "cursor": "1-0"}
    ]


async def test_the_oldest_goes_first_and_is_told_first(mailbox_for: Make, metrics: Metrics) -> None:
    mailbox = mailbox_for(size=3)
    for number in range(1, 8):
        mailbox.offer(message(number))

    events = await drained(mailbox)
    assert events[0] == {"type": "gap", "missed": 4}
    assert ids(events) == ["id-5", "id-6", "id-7"]
    assert metrics.registry.get_sample_value("groundswell_live_missed_total") == 4


async def test_what_the_client_has_seen_is_not_sent_again(mailbox_for: Make) -> None:
    mailbox = mailbox_for(behind="5-0")
    for number in (4, 5, 6, 10):
        mailbox.offer(message(number))
    assert ids(await drained(mailbox)) == ["id-6", "id-10"]


async def test_an_erased_post_leaves_the_queue(mailbox_for: Make) -> None:
    mailbox = mailbox_for()
    mailbox.offer(message(1))
    mailbox.offer(message(2))
    mailbox.offer(message(1, "erased"))
    events = await drained(mailbox)
    assert ids(events) == ["id-2"] and events[-1]["type"] == "erased"


async def test_beyond_its_rate_a_client_gets_a_sample_of_a_known_share(
    mailbox_for: Make, clock: ManualClock
) -> None:
    mailbox = mailbox_for(Wish(rate=10, source="demo"))
    for number in range(1, 401):  # 40 a second for ten seconds, and as many that it does not want
        clock.advance(0.025)
        mailbox.offer(message(number, source="demo"))
        mailbox.offer(message(number, source="other"))
    passed = len(ids(await drained(mailbox)))
    mailbox.offer_numbers({"total_posts": 400})

    (numbers,) = await drained(mailbox)
    assert 100 <= passed <= 110  # ten a second and one second's worth at the start
    assert numbers["data"]["feed_share"] == pytest.approx(passed / 400, abs=1e-4)


async def test_numbers_are_sent_when_they_changed(mailbox_for: Make) -> None:
    mailbox = mailbox_for()
    for timestamp, total in (("a", 1), ("b", 1), ("c", 2)):
        mailbox.offer_numbers({"timestamp": timestamp, "total_posts": total})
        for numbers in await drained(mailbox):
            assert numbers["type"] == "metrics" and numbers["data"]["feed_share"] == 1.0
            assert numbers["data"]["timestamp"] != "b"
    mailbox.offer_numbers({"timestamp": "d", "total_posts": 3})
    mailbox.offer_numbers({"timestamp": "e", "total_posts": 4})
    assert [one["data"]["total_posts"] for one in await drained(mailbox)] == [4]


async def test_numbers_say_their_moment_as_every_other_answer_does(mailbox_for: Make) -> None:
    mailbox = mailbox_for()
    mailbox.offer_numbers({"timestamp": datetime(2026, 11, 21, 10, 30, tzinfo=UTC)})
    (numbers,) = await drained(mailbox)
    assert numbers["data"]["timestamp"] == "2026-11-21T10:30:00Z"


class FakeFeed:
    """A live stream in memory, which can be made to fail."""

    def __init__(self) -> None:
        self.events: list[LiveEvent] = []
        self.grown = asyncio.Event()
        self.failures = 0
        self.followed: list[str] = []

    def add(self, *events: LiveEvent) -> None:
        self.events.extend(events)
        self.grown.set()

    async def follow(self, cursor: str) -> AsyncGenerator[Sequence[LiveEvent], None]:
        self.followed.append(cursor)
        if self.failures:
            self.failures -= 1
            raise StreamUnavailable
        seen = [one.cursor for one in self.events].index(cursor) + 1 if cursor != START else 0
        while True:
            if fresh := self.events[seen:]:
                seen += len(fresh)
                yield fresh
            self.grown.clear()
            await self.grown.wait()

    async def since(self, cursor: str, limit: int) -> Sequence[LiveEvent]:
        seen = [one.cursor for one in self.events].index(cursor) + 1 if cursor != START else 0
        return self.events[seen:][:limit]

    async def ends(self) -> tuple[str, str]:
        return (self.events[0].cursor, self.events[-1].cursor) if self.events else (START, START)


def hub_of(feed: FakeFeed, numbers: Callable[[], dict[str, object]], metrics: Metrics) -> Hub:
    return Hub(feed, numbers, clock=SystemClock(), metrics=metrics, numbers_seconds=0.01)


async def next_of(mailbox: Mailbox, kind: str) -> Any:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = orjson.loads(await mailbox.take())
            if found["type"] == kind:
                return found


async def test_one_reader_serves_all(metrics: Metrics) -> None:
    feed = FakeFeed()
    hub = hub_of(feed, dict, metrics)
    async with (
        hub.running(),
        hub.joined(Wish(), behind=None) as (first, _),
        hub.joined(Wish(), behind=None) as (second, _),
    ):
        feed.add(event(1))
        assert (await next_of(first, "new_post"))["data"] == (await next_of(second, "new_post"))["data"]
        assert hub.clients == metrics.registry.get_sample_value("groundswell_live_clients") == 2
    assert feed.followed == [START] and hub.clients == 0


async def test_nothing_is_read_while_nobody_listens_and_nothing_old_is_shown(metrics: Metrics) -> None:
    feed = FakeFeed()
    feed.add(event(1))
    hub = hub_of(feed, dict, metrics)
    async with hub.running():
        await asyncio.sleep(0)
        assert feed.followed == []
        async with hub.joined(Wish(), behind=None) as (_, start):
            assert start == "1-0"
        feed.add(event(2), event(3))
        async with hub.joined(Wish(), behind="1-0") as (mailbox, start):
            assert start == "3-0"
            feed.add(event(4))
            assert (await next_of(mailbox, "new_post"))["data"]["id"] == "id-4"


async def test_the_feed_survives_an_outage_and_skips_nothing(metrics: Metrics) -> None:
    feed = FakeFeed()
    feed.add(event(1))
    feed.failures = 2
    hub = hub_of(feed, dict, metrics)
    async with hub.running(), hub.joined(Wish(), behind=None) as (mailbox, _):
        feed.add(event(2))
        assert (await next_of(mailbox, "new_post"))["data"]["id"] == "id-2"
    assert feed.followed == ["1-0"] * 3


async def totals(mailbox: Mailbox, number: int) -> list[object]:
    return [(await next_of(mailbox, "metrics"))["data"]["total_posts"] for _ in range(number)]


async def test_nobody_takes_all_places_with_one_key(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.api.live.hub.MAX_CLIENTS_PER_KEY", 1)
    hub = hub_of(FakeFeed(), dict, metrics)
    async with hub.joined(Wish(), behind=None, key="mine"):
        with pytest.raises(Busy, match="with this key"):
            await hub.joined(Wish(), behind=None, key="mine").__aenter__()
        async with (
            hub.joined(Wish(), behind=None, key="another"),
            hub.joined(Wish(), behind=None),
            hub.joined(Wish(), behind=None),
        ):
            assert hub.clients == 4
    async with hub.joined(Wish(), behind=None, key="mine"):
        assert hub.clients == 1


@pytest.mark.parametrize("failure", [StoreUnavailable, KeyError])
async def test_totals_are_read_once_for_all_and_a_failure_of_them_passes(
    failure: type[Exception], metrics: Metrics
) -> None:
    readings = iter(range(1_000_000))

    def numbers() -> dict[str, object]:
        number = next(readings)
        if number == 1:
            raise failure
        return {"total_posts": number}

    hub = hub_of(FakeFeed(), numbers, metrics)
    async with (
        hub.running(),
        hub.joined(Wish(), behind=None) as (first, _),
        hub.joined(Wish(), behind=None) as (second, _),
    ):
        seen, also = await asyncio.gather(totals(first, 3), totals(second, 3))
    assert seen == also == [0, 2, 3]


async def test_too_many_clients_are_told_to_come_later(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundswell.api.live.hub.MAX_CLIENTS", 1)
    hub = hub_of(FakeFeed(), dict, metrics)
    async with hub.joined(Wish(), behind=None):
        with pytest.raises(Busy):
            async with hub.joined(Wish(), behind=None):
                pass
    async with hub.joined(Wish(), behind=None):
        pass


async def test_a_changed_stage_reaches_everyone_who_listens(metrics: Metrics) -> None:
    looks = iter([{("minilm", "1"): "production"}])
    later = {("minilm", "1"): "archived", ("minilm", "2"): "production"}
    hub = Hub(FakeFeed(), dict, clock=SystemClock(), metrics=metrics, stages=lambda: next(looks, later))
    async with (
        hub.running(),
        hub.joined(Wish(), behind=None) as (first, _),
        hub.joined(Wish(source="reddit"), behind=None) as (second, _),
    ):
        for mailbox in (first, second):
            found = [(await next_of(mailbox, "model"))["data"] for _ in range(2)]
            assert found == [
                {"key": "minilm", "version": "1", "stage": "archived"},
                {"key": "minilm", "version": "2", "stage": "production"},
            ]
