"""From a source through the door: resumed where it was, slowed down and never dropped, stopped at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from tests.integration.journey import NOON, SECRET, Journey, raw
from tests.patience import PATIENCE

from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSource, StreamUnavailable
from groundswell.core.incoming import Gap, RawDeletion, RawEvent
from groundswell.ingest.accept import Admitted, Door
from groundswell.ingest.pump import PumpResult, pump
from groundswell.sources.port import Batch, Description
from groundswell.store import collection

Eventually = Callable[[Callable[[], object], float], None]


class Listed:
    """A source over a list; its cursor is how many events it has handed out."""

    def __init__(self, events: Sequence[RawEvent], size: int = 10, *, finite: bool = True) -> None:
        self.events, self.size, self.finite = events, size, finite
        self.opened_at: list[str | None] = []
        self.failures: dict[int, Exception] = {}

    def describe(self) -> Description:
        return Description(name="listed", sentence="Everything in a list.", finite=self.finite)

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        self.opened_at.append(cursor)
        start = int(cursor or 0)
        for position in range(start, len(self.events), self.size):
            if failure := self.failures.pop(position, None):
                raise failure
            end = min(position + self.size, len(self.events))
            yield Batch(events=self.events[position:end], cursor=str(end), progress=end / len(self.events))


def run(
    journey: Journey, source: Listed, door: Door | None = None, stop: threading.Event | None = None
) -> PumpResult:
    return pump(source, door or journey.door, journey.database, stop or threading.Event(), SystemClock())


def saved(journey: Journey) -> str | None:
    with journey.database.reading() as connection:
        return collection.cursor(connection, "listed")


def lines(journey: Journey) -> list[tuple[str, str]]:
    with journey.database.reading() as connection:
        return connection.execute("SELECT kind, detail FROM collection_log ORDER BY id").fetchall()


def test_a_source_is_pumped_to_its_end_and_not_again(journey: Journey) -> None:
    source = Listed([*[raw(n) for n in range(25)], raw(25, ""), RawDeletion(source="test", post_id="p1")])
    seen: list[PumpResult] = []
    result = pump(source, journey.door, journey.database, threading.Event(), SystemClock(), seen.append)
    assert (result.accepted, result.rejected, result.progress) == (26, 1, 1.0)
    assert result.first_error is not None and "empty" in result.first_error.message
    assert [progress.accepted for progress in seen] == [10, 20, 26]
    assert journey.ledger().added == 26 and saved(journey) == "27"
    assert run(journey, source).accepted == 0
    assert source.opened_at == [None, "27"]
    assert [kind for kind, _ in lines(journey)] == ["started", "stopped"] * 2


class Recording(Door):
    """A door that fails as it is told to, and notes what had been saved when it was called."""

    def __init__(self, journey: Journey, outcomes: Sequence[Exception | None]) -> None:
        super().__init__(journey.publisher, secret=SECRET, clock=SystemClock(), metrics=journey.metrics)
        self.journey, self.outcomes = journey, list(outcomes)
        self.saved: list[str | None] = []

    def admit(self, raw: Sequence[RawEvent]) -> Admitted:
        self.saved.append(saved(self.journey))
        if self.outcomes and (failure := self.outcomes.pop(0)):
            raise failure
        return super().admit(raw)


def test_the_cursor_is_saved_only_behind_what_is_in_the_stream(journey: Journey) -> None:
    doubtful = Recording(journey, [None, StreamUnavailable(), StreamUnavailable(), None])
    result = run(journey, Listed([raw(n) for n in range(30)]), doubtful)
    assert result.accepted == 30 and journey.ledger().added == 30
    assert all(int(cursor or 0) <= 10 * index for index, cursor in enumerate(doubtful.saved))
    assert saved(journey) == "30"


def test_a_full_stream_slows_the_source_down_and_drops_nothing(
    redis_url: str, database_url: str, eventually: Eventually
) -> None:
    journey = Journey(redis_url, database_url, max_entries=30)
    stop, results = threading.Event(), list[PumpResult]()
    source = Listed([raw(n) for n in range(200)], size=50)
    thread = threading.Thread(target=lambda: results.append(run(journey, source, stop=stop)))
    thread.start()
    eventually(lambda: journey.ledger().backlog == 30, 10)
    with journey.working():
        thread.join(PATIENCE)
        eventually(journey.is_idle, 10)
    assert results[0].accepted == 200 and len(journey.contents()) == 200
    journey.close()


def test_a_pump_that_waits_stops_at_once(redis_url: str, database_url: str, eventually: Eventually) -> None:
    journey = Journey(redis_url, database_url, max_entries=5)
    stop, results = threading.Event(), list[PumpResult]()
    source = Listed([raw(n) for n in range(20)], size=5)
    thread = threading.Thread(target=lambda: results.append(run(journey, source, stop=stop)))
    thread.start()
    eventually(lambda: journey.ledger().backlog == 5, 10)
    stop.set()
    thread.join(PATIENCE)
    assert results[0].accepted == 5 and saved(journey) == "5"
    journey.close()


def test_gaps_are_rows_of_the_log(journey: Journey) -> None:
    gap = Gap(source="listed", start=NOON, end=NOON + timedelta(minutes=5), reason="the network was away")
    run(journey, Listed([raw(1), gap, raw(2)]))
    assert lines(journey) == [("started", ""), ("gap", "the network was away"), ("stopped", "")]
    assert journey.ledger().added == 2


def test_a_live_source_that_fails_is_opened_again_where_it_was(journey: Journey) -> None:
    source = Listed([raw(n) for n in range(30)], finite=False)
    source.failures[20] = BadSource("The network is away.")
    assert run(journey, source).accepted == 30
    assert source.opened_at == [None, "20"]
    assert ("error", "The network is away.") in lines(journey)


def test_a_finite_source_that_fails_says_so(journey: Journey) -> None:
    source = Listed([raw(n) for n in range(30)])
    source.failures[20] = BadSource("Line 21 is no JSON.")
    with pytest.raises(BadSource, match="Line 21"):
        run(journey, source)
    assert journey.ledger().added == 20 and saved(journey) == "20"
