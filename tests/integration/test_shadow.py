"""A challenger reads what production reads; nobody sees it but those who compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread

import pytest
from tests.chains import Puppet
from tests.integration.journey import Journey, raw

from groundswell.analysis.current import Current
from groundswell.analysis.erase import erase_posts
from groundswell.analysis.shadow import WAITING, Shadow, read_beside
from groundswell.core.clock import SystemClock
from groundswell.core.mood import Reading, Vector
from groundswell.core.post import Post
from groundswell.models.vader import VaderModel
from groundswell.observe import Metrics
from groundswell.store import registry
from groundswell.store.posts import Analysed

Eventually = Callable[[Callable[[], object], float], None]


def counted(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("groundswell_shadow_total", {"result": result}) or 0.0


@pytest.mark.parametrize("mood", ["fine", "broken"])
def test_it_reads_the_same_posts_and_never_stands_in_the_way(
    journey: Journey, eventually: Eventually, mood: str
) -> None:
    current, metrics, stop = Current(VaderModel()), Metrics(), Event()
    current.shadow = Puppet("challenger@2", mood)
    shadow = Shadow(current, journey.database, clock=SystemClock(), metrics=metrics)
    thread = Thread(target=shadow.run, args=(stop,))
    thread.start()
    try:
        with journey.working(offer=shadow.offer):
            journey.door.admit([raw(number) for number in range(20)])
            eventually(
                lambda: journey.is_idle() and counted(metrics, "read") + counted(metrics, "failed") == 20, 15
            )
    finally:
        stop.set()
        thread.join(10)
    journey.assert_counts_are_true()
    with journey.database.reading() as connection:
        headlines = connection.execute("SELECT DISTINCT model FROM posts").fetchall()
        found = registry.comparison(connection, "challenger@2")
    assert headlines == [("vader@1",)]
    if mood == "fine":
        assert (found.posts, found.agreeing, found.pairs) == (20, 0, {("positive", "neutral"): 20})
    else:
        assert found.posts == 0


def test_what_was_erased_meanwhile_is_not_read_into_the_store(
    journey: Journey, eventually: Eventually
) -> None:
    with journey.working():
        journey.door.admit([raw(number) for number in range(3)])
        eventually(journey.is_idle, 15)
    with journey.database.reading() as connection:
        keys = [key for (key,) in connection.execute("SELECT id FROM posts").fetchall()]
    erase_posts(journey.database, journey.redis, "social_posts", keys[:1], SystemClock().now())
    readings = {key: Reading(scores=(0.0, 1.0, 0.0), model_used="c@2") for key in keys}
    with journey.database.transaction() as connection:
        assert registry.add_shadow_readings(connection, readings, SystemClock().now()) == 2
        (kept,) = connection.execute(
            "SELECT count(*) FROM analyses WHERE post = %s", [keys[0]]
        ).fetchone() or (9,)
    assert kept == 0


class Heads(Puppet):
    """A challenger on an encoder of its own or production's."""

    encoder = "e1"

    def read_vectors(self, vectors: Sequence[Vector]) -> list[Reading]:
        return [Reading(scores=(1.0, 0.0, 0.0), model_used=self.info.name) for _ in vectors]


def analysed(encoder: str | None) -> Analysed:
    from tests.integration.store.samples import post

    made: Post = post(1)
    vector = Vector(encoder=encoder, values=b"\x01", scale=1.0) if encoder else None
    return Analysed(post=made, reading=Reading(scores=(0.0, 0.0, 1.0), model_used="p@1", vector=vector))


def test_a_head_on_the_same_encoder_shares_its_pass() -> None:
    heads = Heads("heads@2")
    assert read_beside(heads, [analysed("e1")])[0].sentiment == "negative" and heads.calls == []
    for other in (analysed("e2"), analysed(None)):
        assert read_beside(heads, [other])[0].sentiment == "neutral"
    assert len(heads.calls) == 2


def test_what_it_has_no_time_for_is_counted() -> None:
    current, metrics = Current(VaderModel()), Metrics()
    shadow = Shadow(current, None, clock=SystemClock(), metrics=metrics)  # type: ignore[arg-type]
    shadow.offer([analysed(None)])  # nobody is in the shadow
    current.shadow = Puppet("challenger@2")
    for _ in range(WAITING + 3):
        shadow.offer([analysed(None)])
    assert counted(metrics, "missed") == 3
