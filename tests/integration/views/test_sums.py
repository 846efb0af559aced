"""Distribution and timeline against a recount from the posts, over any window and filter."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.views.made import LANGUAGES, MODELS, NOON, SOURCES, make, recount, store

from groundswell.core.errors import InvalidInput
from groundswell.core.incoming import Gap
from groundswell.core.mood import SENTIMENTS
from groundswell.statistics.intervals import wilson
from groundswell.store.database import Database
from groundswell.store.erase import erase_posts
from groundswell.views.completeness import Collection
from groundswell.views.distribution import Distribution, distribution
from groundswell.views.filters import EVERYTHING, PERIODS, ClockName, Filters, Period, Window
from groundswell.views.timeline import Bucket, timeline
from groundswell.views.totals import totals

POSTS = make(1, 400)

moments = st.integers(-4 * 3600, 32 * 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))
clocks: st.SearchStrategy[ClockName] = st.sampled_from(["ingested", "created"])
all_filters = st.builds(
    Filters,
    source=st.sampled_from([None, *SOURCES]),
    topic=st.sampled_from([None, None, 1, 2]),
    lang=st.sampled_from([None, "und", *filter(None, LANGUAGES)]),
    model=st.sampled_from([None, None, "minilm", *MODELS]),
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    return Window(start=start, end=end, clock=draw(clocks))


def counts(found: Distribution) -> Counter[str]:
    by_name = {row.sentiment: row.count for row in found.sentiments}
    emotions = {f"emotion {row.emotion}": row.count for row in found.emotions}
    return +Counter({**by_name, **emotions, "total": found.total, "fallback": found.fallback_count})


def test_any_window_and_filter_counts_what_a_recount_counts(database: Database) -> None:
    store(database, POSTS)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(windows(), all_filters, st.sampled_from(PERIODS))
    def check(window: Window, filters: Filters, period: Period) -> None:
        with database.reading() as connection:
            found = distribution(connection, window, filters)
            buckets = timeline(connection, window, filters, period).buckets
        expected = recount(POSTS, window, filters)
        assert counts(found) == expected
        assert summed(buckets) == expected
        starts = [bucket.start for bucket in buckets]
        assert starts == sorted(set(starts))
        assert starts[0] <= window.start and window.end - starts[-1] <= timedelta(days=1)
        assert sorted(found.model_versions) == sorted({m for b in buckets for m in b.sums.model_versions})

    check()


def summed(buckets: Sequence[Bucket]) -> Counter[str]:
    found: Counter[str] = Counter()
    for bucket in buckets:
        sums = bucket.sums
        found.update({sentiment: sums.count(sentiment) for sentiment in SENTIMENTS})
        found.update({f"emotion {name}": count for name, count in sums.by_emotion.items()})
        found.update({"total": sums.total, "fallback": sums.fallback_count})
    return +found


def test_a_distribution_has_three_rows_whose_shares_sum_to_one(database: Database) -> None:
    store(database, POSTS)
    window = Window(start=NOON, end=NOON + timedelta(hours=40))
    with database.reading() as connection:
        found = distribution(connection, window, EVERYTHING)
    assert [row.sentiment for row in found.sentiments] == ["positive", "neutral", "negative"]
    assert sum(row.share for row in found.sentiments) == pytest.approx(1)
    assert sum(row.percentage for row in found.sentiments) == pytest.approx(100, abs=0.015)
    assert all(row.interval == wilson(row.count, found.total) for row in found.sentiments)
    assert found.fallback_count and found.total + found.fallback_count == len(POSTS)
    assert found.model_versions == sorted(MODELS)
    shares = [row.share for row in found.emotions]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)


def test_without_posts_there_are_still_three_rows_and_nothing_is_known(database: Database) -> None:
    window = Window(start=NOON, end=NOON + timedelta(hours=2))
    with database.reading() as connection:
        found = distribution(connection, window, EVERYTHING)
        buckets = timeline(connection, window, EVERYTHING, "hour").buckets
    assert [(row.count, row.share, row.interval) for row in found.sentiments] == [(0, 0.0, (0.0, 1.0))] * 3
    assert (found.total, found.emotions, found.model_versions) == (0, [], ())
    assert [bucket.start for bucket in buckets] == [NOON, NOON + timedelta(hours=1)]
    assert buckets[0].sums.mean_scores == dict.fromkeys(SENTIMENTS)


def test_mean_scores_are_the_means_of_what_is_stored(database: Database) -> None:
    posts = [item for item in POSTS if not item.reading.fallback_used]
    store(database, posts)
    with database.reading() as connection:
        (bucket,) = timeline(
            connection, Window(start=NOON, end=NOON + timedelta(hours=12)), EVERYTHING, "day"
        ).buckets
    inside = [item for item in posts if item.post.ingested_at < NOON + timedelta(hours=12)]
    for place, sentiment in enumerate(SENTIMENTS):
        expected = sum(item.reading.scores[place] for item in inside) / len(inside)
        assert bucket.sums.mean_scores[sentiment] == pytest.approx(expected, abs=1e-4)


def test_erased_posts_are_counted_out(database: Database) -> None:
    store(database, POSTS)
    gone, kept = POSTS[::3], [item for i, item in enumerate(POSTS) if i % 3]
    with database.transaction() as connection:
        erase_posts(connection, [item.post.key for item in gone], NOON)
    window = Window(start=NOON + timedelta(minutes=17), end=NOON + timedelta(hours=22, minutes=5))
    with database.reading() as connection:
        assert counts(distribution(connection, window, EVERYTHING)) == recount(kept, window, EVERYTHING)


def test_the_days_totals_are_those_of_the_distribution(database: Database) -> None:
    store(database, POSTS)
    now = NOON + timedelta(hours=25, seconds=30)
    expected = recount(POSTS, Window(start=now - timedelta(hours=24), end=now), EVERYTHING)
    with database.reading() as connection:
        found = totals(connection, now)
    assert found.total_posts == expected["total"]
    assert (found.positive, found.neutral, found.negative) == tuple(
        expected[name] for name in ("positive", "neutral", "negative")
    )


def at(hour: int, minute: int = 0) -> datetime:
    return NOON.replace(hour=hour, minute=minute)


def test_buckets_cut_by_the_window_or_ahead_of_the_watermark_are_not_complete(database: Database) -> None:
    window = Window(start=at(10, 30), end=at(14))
    known = Collection(watermark=at(13, 59))
    with database.reading() as connection:
        found = timeline(connection, window, EVERYTHING, "hour", known)
    assert [bucket.complete for bucket in found.buckets] == [False, True, True, False]
    assert not found.complete


def test_buckets_with_a_gap_in_them_are_not_complete(database: Database) -> None:
    gap = Gap(source="bluesky", start=at(11, 59), end=at(12, 1), reason="made")
    known = Collection(watermark=at(14), gaps=[gap])
    with database.reading() as connection:
        found = timeline(connection, Window(start=at(10), end=at(15)), EVERYTHING, "hour", known)
    assert found.completes == [True, False, False, True, False]


def test_too_many_buckets_are_refused_in_a_sentence(database: Database) -> None:
    window = Window(start=NOON, end=NOON + timedelta(days=40))
    with database.reading() as connection, pytest.raises(InvalidInput, match="57,600 buckets"):
        timeline(connection, window, EVERYTHING, "minute")
    with database.reading() as connection:
        assert len(timeline(connection, window, EVERYTHING, "hour").buckets) == 960
