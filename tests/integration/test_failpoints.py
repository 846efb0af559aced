"""A worker that dies at any point of its way: the next one finishes, nothing is lost or counted twice."""

import signal
from collections.abc import Callable

import pytest
from tests.integration.journey import Journey, WorkerProcess, raw
from tests.patience import PATIENCE

from groundswell.core.incoming import RawDeletion

Eventually = Callable[[Callable[[], object], float], None]
POSTS = 40

#: how many posts are committed, and how many settled, when it dies there
POINTS = {
    "after_read": (0, 0),
    "after_infer": (0, 0),
    "before_commit": (0, 0),
    "after_commit": (POSTS, 0),
    "before_ack": (POSTS, 0),
    "after_ack": (POSTS, POSTS),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_each_point_loses_and_doubles_nothing(
    journey: Journey, eventually: Eventually, point: str
) -> None:
    journey.door.admit([raw(number) for number in range(POSTS)])
    with WorkerProcess(journey, failpoint=point) as dead:
        assert dead.process.wait(PATIENCE) == 137
    committed, settled = POINTS[point]
    assert (len(journey.contents()), sum(journey.ledger().settled.values())) == (committed, settled)
    journey.assert_counts_are_true()
    with journey.working(claim_idle_seconds=3600):
        eventually(journey.is_idle, 20)
    assert len(journey.contents()) == POSTS and not journey.parked()
    assert sum(journey.ledger().settled.values()) == POSTS
    journey.assert_counts_are_true()


def test_a_death_while_draining(journey: Journey, eventually: Eventually) -> None:
    with WorkerProcess(journey, failpoint="during_drain") as dying:
        journey.door.admit([raw(number) for number in range(POSTS)])
        eventually(lambda: journey.ledger().settled, 20)
        dying.signal(signal.SIGTERM)
        journey.door.admit([raw(f"late {number}") for number in range(POSTS)])
        assert dying.process.wait(PATIENCE) == 137
    with journey.working():
        eventually(journey.is_idle, 20)
    assert len(journey.contents()) == 2 * POSTS and not journey.parked()
    journey.assert_counts_are_true()


def test_a_death_in_the_midst_of_a_deletion(journey: Journey, eventually: Eventually) -> None:
    journey.door.admit([raw(number) for number in range(POSTS)])
    with journey.working():
        eventually(journey.is_idle, 20)
    journey.door.admit([RawDeletion(source="test", post_id="p7")])
    with WorkerProcess(journey, failpoint="before_ack") as dead:
        assert dead.process.wait(PATIENCE) == 137
    with journey.working():
        eventually(journey.is_idle, 20)
    assert "p7" not in journey.contents() and len(journey.contents()) == POSTS - 1
    assert journey.ledger().settled == {"stored": POSTS, "deleted": 1}
    journey.assert_counts_are_true()


def idle_or_dead(journey: Journey, worker: WorkerProcess) -> Callable[[], bool]:
    return lambda: journey.is_idle() or worker.process.poll() is not None


def test_a_post_that_crashes_its_worker_is_parked_alone(journey: Journey, eventually: Eventually) -> None:
    texts = [f"post {number}" for number in range(POSTS)]
    journey.door.admit([raw(n, "this one crashes" if n == 17 else text) for n, text in enumerate(texts)])
    deaths = 0
    for _ in range(10):  # as a supervisor does
        with WorkerProcess(journey, failpoint="on_text:this one crashes") as worker:
            eventually(idle_or_dead(journey, worker), 30)
            if journey.is_idle():
                assert worker.stop() == 0
                break
            deaths += 1
    (culprit,) = journey.parked()
    assert culprit.reason == "It crashed its worker 5 times." and deaths == 5
    assert len(journey.contents()) == POSTS - 1
    journey.assert_counts_are_true()
