"""Simulated streams: calm weeks raise nothing, shifts are seen within the stated delay, and as what they are.

60 posts an hour; a look compares the last day with the week before it. Stated in docs/how-to/drift.md: an abrupt
shift is seen within a day, one that takes three days within a day of its end. `python -m benchmarks drift` does the
same at every hour and over many weeks.
"""

import numpy as np
import pytest
from tests.drifting import CALM, DAY, SHIFTS, WEEK, Mood, first_alarm, looks, stream

from groundswell.statistics.drift import FEWEST_POSTS, Sample, look

BEGIN = DAY + WEEK


@pytest.mark.parametrize("seed", [1, 2])
def test_a_stationary_week_raises_nothing(seed: int) -> None:
    assert first_alarm(stream(BEGIN + WEEK, seed), range(BEGIN, BEGIN + WEEK + 1, 8)) is None


@pytest.mark.parametrize("name", sorted(SHIFTS))
@pytest.mark.parametrize("takes", [0, 72])
def test_a_shift_is_seen_within_a_day_of_its_end_and_named(name: str, takes: int) -> None:
    hour = BEGIN + takes + DAY
    found = stream(hour, seed=7, shift=SHIFTS[name], begins=BEGIN, takes=takes)
    seen = dict(looks(found, range(BEGIN, hour + 1, DAY)))
    assert seen[BEGIN].beyond == 0, "before it begins"
    named = {signal.name for at in seen for signal in seen[at].signals if signal.state == "beyond"}
    assert name in named or (name == "low_confidence" and "confidence" in named)
    expected = {name, "confidence"} if name == "low_confidence" else {name}
    assert named <= expected


def test_few_posts_say_nothing_and_so_do_none() -> None:
    few = stream(1, 1).between(0, 1, 0)
    found = look(Sample(), few)
    assert few.posts < FEWEST_POSTS
    assert {signal.state for signal in found.signals} == {"unknown"} and found.beyond == found.perhaps == 0
    assert look(Sample(), Sample()).agreement is None


def test_a_model_that_was_never_sure_has_not_fallen() -> None:
    low = Mood(confidence=0.6)
    found = stream(BEGIN, 1, shift=low)
    (_, seen) = next(looks(found, range(BEGIN, BEGIN + 1)))
    assert seen.beyond == 0
    fell = next(signal for signal in seen.signals if signal.name == "low_confidence")
    assert fell.now is not None and fell.now < 0.65


def test_the_distance_to_the_training_rows_is_shown_and_raises_nothing() -> None:
    _, seen = next(looks(stream(BEGIN, 3), range(BEGIN, BEGIN + 1)))
    assert seen.reference_energy is None
    calm = stream(BEGIN, 3)
    far = np.random.default_rng(1).standard_normal((500, calm.vectors.shape[1])) + 2
    found = look(calm.between(0, WEEK, 1), calm.between(WEEK, BEGIN, 2), far)
    assert found.beyond == 0 and found.reference_energy is not None and found.reference_energy > 0.1
    assert CALM.other == 0
