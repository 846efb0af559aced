"""Shares from samples of a growing population: nothing is counted too little for having come late."""

from collections.abc import Sequence

import numpy as np
import pytest

from groundswell.statistics.sampled import Sample, chances, shares


def test_the_chance_of_what_was_there_from_the_start_and_of_what_came_later() -> None:
    samples = [Sample(population=100, drawn=50, observed=50), Sample(population=150, drawn=30, observed=15)]
    assert chances(samples) == pytest.approx([0.5 + 0.5 * 0.1, 0.1])
    assert chances([]) == []


def test_with_equal_chances_it_is_the_plain_share_with_wilsons_interval() -> None:
    values = np.eye(3)[[0, 0, 1, 2, 0, 1, 0, 2, 0, 0]]
    found = shares(values, np.full(10, 0.2))
    assert [one.value for one in found] == pytest.approx([0.6, 0.2, 0.2])
    assert (found[0].low, found[0].high) == pytest.approx((0.3127, 0.8318), abs=1e-4)


WAVES = ((1_000, 0.2), (3_000, 0.6))
"""Posts that come before each draw, and what share of them is of the class."""
TRUTH = sum(number * share for number, share in WAVES) / sum(number for number, _ in WAVES)
DRAWN, OBSERVED = 120, 80


def once(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw after each wave and observe some of those drawn; return classes and chances."""
    there: list[tuple[int, bool]] = []
    samples: list[Sample] = []
    seen: list[tuple[int, bool]] = []
    for wave, (number, share) in enumerate(WAVES):
        there += [(wave, place < round(number * share)) for place in range(number)]
        taken = random.choice(len(there), DRAWN, replace=False)
        samples.append(Sample(population=len(there), drawn=DRAWN, observed=OBSERVED))
        seen += [there[place] for place in taken[:OBSERVED]]
        gone = set(taken.tolist())
        there = [one for place, one in enumerate(there) if place not in gone]
    chance: Sequence[float] = chances(samples)
    return np.array([of for _, of in seen], dtype=float), np.array([chance[wave] for wave, _ in seen])


def test_it_finds_the_share_where_the_plain_share_does_not_and_its_interval_holds() -> None:
    random = np.random.default_rng(20080401)
    plain, found, covered = [], [], 0
    for _ in range(400):
        classes, chance = once(random)
        estimate = shares(np.column_stack([classes, 1 - classes]), chance)[0]
        plain.append(classes.mean())
        found.append(estimate.value)
        covered += estimate.low <= TRUTH <= estimate.high
    assert abs(np.mean(found) - TRUTH) < 0.01
    assert abs(np.mean(plain) - TRUTH) > 0.08
    assert 0.92 <= covered / 400 <= 0.99
