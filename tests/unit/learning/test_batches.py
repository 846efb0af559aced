"""Batches: every text once, little padding, the same again from the same seed."""

from __future__ import annotations

import numpy as np

from groundswell.learning.batches import bucketed, by_token_budget, padded
from groundswell.learning.schedule import warm_then_linear

LENGTHS = np.random.default_rng(1).integers(3, 60, 5_000).tolist()


def test_every_text_once_and_alike_in_length() -> None:
    batches = bucketed(LENGTHS, rows=32, seed=1)
    assert sorted(int(i) for batch in batches for i in batch) == list(range(5_000))
    full = sum(max(LENGTHS[i] for i in batch) * len(batch) for batch in batches)
    assert full < 1.05 * sum(LENGTHS)


def test_a_seed_gives_one_order() -> None:
    first, again, other = (bucketed(LENGTHS, rows=32, seed=seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))


def test_no_batch_is_over_budget_unless_one_text_is() -> None:
    batches = list(by_token_budget([*LENGTHS, 900], budget=512))
    assert sorted(int(i) for batch in batches for i in batch) == list(range(5_001))
    assert batches[0].tolist() == [5_000]
    assert all(max(LENGTHS[i] for i in batch) * len(batch) <= 512 for batch in batches[1:])


def test_padding_is_masked() -> None:
    ids, mask = padded([[5, 6, 7], [8]], pad=1)
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]] and mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_the_rate_rises_then_falls_to_nothing() -> None:
    factors = [warm_then_linear(step, steps=100, warm_up=0.1) for step in range(101)]
    assert factors[9] == 1 and factors[0] == 0.1 and factors[100] == 0
    assert factors[10:] == sorted(factors[10:], reverse=True)
