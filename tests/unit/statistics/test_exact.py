"""Exact intervals agree with published values and keep their level."""

from __future__ import annotations

from math import comb

import pytest

from groundswell.statistics.exact import (
    binomial_tail,
    difference_interval,
    exact_interval,
    ratio_interval,
    sure_difference_interval,
)


@pytest.mark.parametrize(
    ("k", "n", "p"), [(1, 5, 0.2), (17, 20, 0.4), (60, 100, 0.4), (399, 400, 0.5), (3, 900, 0.01)]
)
def test_the_tail_is_the_sum_of_its_terms(k: int, n: int, p: float) -> None:
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert binomial_tail(k, n, p) == pytest.approx(exact, rel=1e-9)


def test_tails_at_the_edges() -> None:
    assert binomial_tail(0, 10, 0.3) == 1
    assert binomial_tail(11, 10, 0.3) == 0


def test_clopper_pearson_as_published() -> None:
    assert exact_interval(10, 20, 0.025) == pytest.approx((0.27196, 0.72804), abs=1e-5)
    assert exact_interval(0, 20, 0.025) == pytest.approx((0, 1 - 0.025 ** (1 / 20)), abs=1e-9)
    assert exact_interval(20, 20, 0.025) == pytest.approx((0.025 ** (1 / 20), 1), abs=1e-9)
    assert exact_interval(0, 0, 0.025) == (0, 1)
    with pytest.raises(ValueError, match="no share"):
        exact_interval(3, 2, 0.025)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.73])
@pytest.mark.parametrize("n", [1, 15, 60])
def test_each_bound_errs_no_more_often_than_it_says(n: int, share: float) -> None:
    wrong = [k for k in range(n + 1) if exact_interval(k, n, 0.01)[0] > share]
    assert sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in wrong) <= 0.01 + 1e-12


def test_a_ratio_is_a_binomial_share_in_disguise() -> None:
    """11 events against 22 in 4 spans like it: the bounds of 11 in 33, as odds (quantiles of beta from scipy)."""
    low, high = exact_interval(11, 33, 0.025)
    assert (low, high) == pytest.approx((0.179605, 0.518267), abs=1e-6)
    assert ratio_interval(11, 22, 4, 0.025) == pytest.approx((4 * low / (1 - low), 4 * high / (1 - high)))
    assert ratio_interval(0, 22, 4, 0.025)[0] == 0
    wide, narrow = ratio_interval(30, 3, 1, 0.001), ratio_interval(30, 30, 10, 0.001)
    assert wide[0] < narrow[0] < 10 < narrow[1] < wide[1], "a baseline of few events is a weak one"


@pytest.mark.parametrize(("n", "m"), [(15, 180), (20, 240), (50, 50)])
@pytest.mark.parametrize(("before", "threshold"), [(0.05, 0.1), (0.3, 0.1), (0.02, 0.3)])
def test_a_sure_difference_errs_no_more_often_than_it_says(
    n: int, m: int, before: float, threshold: float
) -> None:
    """The whole probability of a bound beyond a difference that is just so large; Newcombe's fails it."""
    tail = 0.00056
    now = [comb(n, k) * (before + threshold) ** k * (1 - before - threshold) ** (n - k) for k in range(n + 1)]
    then = [comb(m, k) * before**k * (1 - before) ** (m - k) for k in range(m + 1)]
    wrong = sum(
        p * q
        for a, p in enumerate(now)
        for b, q in enumerate(then)
        if p * q > 1e-12 and sure_difference_interval((a, n), (b, m), tail)[0] > threshold
    )
    assert wrong <= tail
    assert sure_difference_interval((0, 0), (1, m), tail) == (-1, 1)


def test_differences_as_newcombe_published_them() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10."""
    assert difference_interval((56, 70), (48, 80), 0.025) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference_interval((9, 10), (3, 10), 0.025) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    assert difference_interval((0, 0), (3, 10), 0.025) == (-1, 1)
