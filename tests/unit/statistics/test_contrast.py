"""Effects sum to the change, and terms agree with a reference implementation."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.statistics.contrast import Part, log_odds_z, split
from groundswell.statistics.duplicates import clusters


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Part]:
    groups = draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=6))
    sizes = {group: draw(st.integers(0, 10**6)) for group in groups}
    return {group: Part(n=n, hits=draw(st.integers(0, n))) for group, n in sizes.items()}


def share(found: dict[str, Part]) -> float | None:
    n = sum(part.n for part in found.values())
    return sum(part.hits for part in found.values()) / n if n else None


@given(parts(), parts())
def test_mix_and_rate_sum_to_the_change(now: dict[str, Part], before: dict[str, Part]) -> None:
    effects, after, earlier = split(now, before), share(now), share(before)
    if after is None or earlier is None:
        assert effects == []
        return
    assert abs(sum(e.mix + e.rate for e in effects) - (after - earlier)) < 1e-12
    assert {e.group for e in effects} == now.keys() | before.keys()


def test_mix_and_rate_mean_what_they_say() -> None:
    moved = split(
        {"a": Part(n=50, hits=25), "b": Part(n=50, hits=5)},
        {"a": Part(n=50, hits=5), "b": Part(n=50, hits=5)},
    )
    assert [(e.group, e.mix, e.rate) for e in moved] == [("a", 0, 0.2), ("b", 0, 0)]
    before = {"a": Part(n=20, hits=10), "b": Part(n=80, hits=8)}
    grown = {e.group: e for e in split({"a": Part(n=80, hits=40), "b": Part(n=20, hits=2)}, before)}
    assert grown["a"].rate == grown["b"].rate == 0
    assert grown["a"].mix > 0 and grown["b"].mix > 0, (
        "more of the angry and fewer of the calm both raise the share"
    )
    new = {
        e.group: e
        for e in split({"a": Part(n=50, hits=10), "new": Part(n=50, hits=50)}, {"a": Part(n=50, hits=10)})
    }
    assert new["new"].rate == 0


def reference(one: Counter[str], two: Counter[str], prior: dict[str, float]) -> dict[str, float]:
    """The figures of Monroe et al. (2008) as the authors' script `fightinwords.R` computes them, in numpy."""
    words = sorted(prior)
    y = np.array([[one[w] for w in words], [two[w] for w in words]], dtype=float)
    a = np.array([prior[w] for w in words])
    n, a0 = y.sum(axis=1, keepdims=True), a.sum()
    omega = (y + a) / (n + a0 - y - a)
    delta = np.log(omega[0]) - np.log(omega[1])
    variance = 1 / (y[0] + a) + 1 / (y[1] + a)
    return dict(zip(words, delta / np.sqrt(variance), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_terms_agree_with_a_reference_implementation(seed: int) -> None:
    chance = random.Random(seed)
    words = [f"w{i}" for i in range(50)]
    one = Counter(chance.choices(words, weights=[1 / (i + 1) for i in range(50)], k=400))
    two = Counter(chance.choices(words, weights=[1 / (50 - i) for i in range(50)], k=900))
    prior = {word: (one[word] + two[word]) / 2 + 0.01 for word in words}
    found, expected = log_odds_z(one, two, prior), reference(one, two, prior)
    assert found.keys() == expected.keys()
    for word in words:
        assert found[word] == pytest.approx(expected[word], abs=1e-10)


def test_copies_are_found_and_others_are_not() -> None:
    copy = "the battery died again after one day @{} https://example.org/{}"
    texts = [copy.format(i, i) for i in range(20)]
    others = [
        f"{word} is a word of its own number {i} {word * 2}" for i, word in enumerate(["rain", "sun", "snow"])
    ]
    found = clusters([*texts, *others, "", ""])
    assert found[:20] == [0] * 20
    assert found[20:23] == [20, 21, 22]
    assert found[23:] == [23, 23]
    assert clusters([]) == []
