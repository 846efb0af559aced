"""The primary dies under load and comes back: posts go on, are marked, and are read again until none is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from tests.chains import Puppet, backend
from tests.integration.journey import Journey, raw

from groundswell.analysis.again import Again
from groundswell.analysis.backend import Backend
from groundswell.analysis.breaker import BreakerRules
from groundswell.analysis.failsafe import Failsafe, SafeModel
from groundswell.core.clock import ManualClock, SystemClock
from groundswell.core.mood import Reading
from groundswell.models.vader import VaderModel
from groundswell.observe import Metrics
from groundswell.store import failsafe, rollups, topics

BEGINNING = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
Eventually = Callable[[Callable[[], object], float], None]


def headlines(journey: Journey) -> set[tuple[str, bool, int]]:
    """Model, whether a fallback, and how many posts have such a headline."""
    with journey.database.reading() as connection:
        rows = connection.execute("SELECT model, fallback, count(*) FROM posts GROUP BY 1, 2").fetchall()
    return {(model, fallback, number) for model, fallback, number in rows}


def assert_counts_are_true(journey: Journey) -> None:
    with journey.database.transaction() as connection:
        assert rollups.recount(connection) == []
    assert journey.ledger().imbalance == 0


def again(journey: Journey, primary: Backend, who: str = "one") -> Again:
    return Again(primary, journey.database, who, clock=SystemClock(), metrics=Metrics())


def store_with_fallback(journey: Journey, eventually: Eventually, numbers: range) -> None:
    chain = Failsafe(backend(None), [backend(VaderModel(), name="vader")], metrics=Metrics())
    with journey.working(model=SafeModel(chain)):
        journey.door.admit([raw(number) for number in numbers])
        eventually(journey.is_idle, 15)


def test_the_primary_dies_and_comes_back(journey: Journey, eventually: Eventually) -> None:
    with journey.database.transaction() as connection:
        topics.create(connection, name="wonders", any=["wonderful"])
    primary = Puppet("primary@1", "dead")
    rules = BreakerRules(open_seconds=0.2)
    chain = Failsafe(
        backend(primary, rules=rules), [backend(VaderModel(), name="vader")], metrics=journey.metrics
    )
    with journey.working(model=SafeModel(chain)):
        journey.door.admit([raw(number) for number in range(150)])
        eventually(journey.is_idle, 15)
        assert headlines(journey) == {("vader@1", True, 150)} and len(primary.calls) <= 3
        assert_counts_are_true(journey)

        work = again(journey, chain.primary)
        assert work.look() == 0  # it is still dead
        primary.mood = "fine"
        eventually(lambda: work.look() and not chain.read(["x"]).is_fallback, 5)
        assert headlines(journey) == {("primary@1", False, 150)}
        journey.door.admit([raw(number) for number in range(150, 200)])
        eventually(journey.is_idle, 15)
    assert headlines(journey) == {("primary@1", False, 200)}
    assert work.look() == 0
    journey.assert_counts_are_true()
    with journey.database.reading() as connection:
        analyses = connection.execute("SELECT model, count(*) FROM analyses GROUP BY 1 ORDER BY 1").fetchall()
        assert analyses == [("primary@1", 200), ("vader@1", 150)]
        matched = connection.execute(
            "SELECT sum(n), sum(fallback) FROM rollups WHERE topic <> 0 AND clock = 0 AND grain = 0"
        ).fetchone()
        assert matched is not None and tuple(map(int, matched)) == (200, 0)


def test_only_fallback_headlines_are_replaced(journey: Journey, eventually: Eventually) -> None:
    with journey.working(model=Puppet("old@1")):
        journey.door.admit([raw(number) for number in range(5)])
        eventually(journey.is_idle, 15)
    store_with_fallback(journey, eventually, range(5, 10))
    assert again(journey, backend(Puppet("new@1"))).look() == 5
    assert headlines(journey) == {("old@1", False, 5), ("new@1", False, 5)}


def test_what_was_edited_or_erased_meanwhile_is_left_alone(journey: Journey, eventually: Eventually) -> None:
    store_with_fallback(journey, eventually, range(3))
    with journey.database.reading() as connection:
        read = failsafe.candidates(connection, behind=BEGINNING, limit=10)
    erased = next(post for post in read if post.content != "post 0 is wonderful")
    chain = Failsafe(backend(None), [backend(VaderModel())], metrics=Metrics())
    with journey.working(model=SafeModel(chain)):
        journey.door.admit([raw(0, "post 0 is dreadful", revision=2)])
        eventually(journey.is_idle, 15)
    with journey.database.transaction() as connection:
        connection.execute("UPDATE post_keys SET state = 'erased' WHERE key = %s", [erased.id])
        readings = [(post, Reading(scores=(0.0, 1.0, 0.0), model_used="new@1")) for post in read]
        assert failsafe.replace_headlines(connection, readings, SystemClock().now()) == 1
        connection.rollback()
    assert_counts_are_true(journey)


def test_one_process_at_a_time(journey: Journey, eventually: Eventually) -> None:
    store_with_fallback(journey, eventually, range(3))
    clock = ManualClock(SystemClock().now())
    primary = Puppet("new@1")
    holder, other = (
        Again(backend(primary), journey.database, who, clock=clock, metrics=Metrics()) for who in ("a", "b")
    )
    with journey.database.transaction() as connection:
        assert failsafe.take_lease(connection, "a", clock.now(), 30)
    assert other.look() == 0 and primary.calls == []
    clock.advance(31)
    assert other.look() == 3 and holder.look() == 0


def test_a_post_the_primary_cannot_read_keeps_its_fallback_and_breaks_nothing(
    journey: Journey, eventually: Eventually
) -> None:
    chain = Failsafe(backend(None), [backend(VaderModel())], metrics=Metrics())
    with journey.working(model=SafeModel(chain)):
        journey.door.admit([raw(0), raw(1, "poison"), raw(2, "bad"), raw(3)])
        eventually(journey.is_idle, 15)
    primary = backend(Puppet("new@1"))
    work = again(journey, primary)
    for _ in range(5):
        work.look()
    assert headlines(journey) == {("new@1", False, 2), ("vader@1", True, 2)}
    assert primary.breaker.status().state == "CLOSED"
    assert_counts_are_true(journey)
