"""Wilson's interval: published values, its algebra, and where it must not go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.statistics.intervals import wilson

# Newcombe 1998, Statistics in Medicine 17, table I, method 3
PUBLISHED = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("successes", "n", "low", "high"), PUBLISHED)
def test_published_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_one_negative_post_alone_says_little() -> None:
    assert wilson(1, 1) == pytest.approx((0.2065, 1.0), abs=5e-5)


def test_nothing_is_known_about_no_posts() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10**9), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_it_holds_the_share_and_mirrors(n: int, fraction: float, level: float) -> None:
    successes = round(n * fraction)
    low, high = wilson(successes, n, level)
    assert 0 <= low <= successes / n <= high <= 1
    assert wilson(n - successes, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.integers(1, 1000), st.integers(0, 1000))
def test_its_ends_solve_the_score_equation(n: int, successes: int) -> None:
    """The definition, by another road: at each end the observed share is z standard errors away."""
    successes = min(successes, n)
    z = 1.959963984540054
    for end in wilson(successes, n):
        distance = abs(successes / n - end)
        if 0 < end < 1:
            assert distance == pytest.approx(z * (end * (1 - end) / n) ** 0.5, rel=1e-6, abs=1e-9)


def test_more_posts_and_lower_levels_make_it_narrower() -> None:
    widths = [high - low for low, high in (wilson(k, 2 * k) for k in (1, 10, 100, 1000))]
    assert widths == sorted(widths, reverse=True)
    assert wilson(5, 10, 0.5)[0] > wilson(5, 10, 0.95)[0] > wilson(5, 10, 1 - 0.05 / 3)[0]


@pytest.mark.parametrize(
    ("successes", "n", "level"), [(-1, 5, 0.95), (6, 5, 0.95), (0, -1, 0.95), (1, 2, 1.0)]
)
def test_what_is_no_share_is_refused(successes: int, n: int, level: float) -> None:
    with pytest.raises(ValueError, match="is no"):
        wilson(successes, n, level)
