"""What a post adds to the rollups."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from groundswell.store.deltas import COUNTERS, Counted, Deltas

MOMENT = datetime(2026, 11, 21, 12, 34, 56, 789, tzinfo=UTC)
MINUTE = int(datetime(2026, 11, 21, 12, 34, tzinfo=UTC).timestamp())
HOUR = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())

counted = st.builds(
    Counted,
    source=st.sampled_from(["a", "b"]),
    lang=st.sampled_from([None, "en"]),
    model=st.sampled_from(["m@1", "m@2"]),
    fallback=st.booleans(),
    sentiment=st.integers(0, 2),
    emotion=st.none() | st.integers(0, 6),
    scores=st.tuples(*[st.integers(0, 10_000)] * 3),
    ingested_at=st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    created_at=st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    topics=st.lists(st.integers(1, 5), unique=True, max_size=3).map(tuple),
)


def total(*posts: Counted) -> dict[tuple[object, ...], dict[str, int]]:
    deltas = Deltas()
    for post in posts:
        deltas.add(post, 1)
    return {key: dict(zip(COUNTERS, row, strict=True)) for key, row in deltas.rows()}


def sample(**changes: object) -> Counted:
    values = {
        "source": "reddit",
        "lang": None,
        "model": "m@1",
        "fallback": False,
        "sentiment": 1,
        "emotion": 4,
        "scores": (1000, 8000, 1000),
        "ingested_at": MOMENT,
        "created_at": MOMENT,
        "topics": (7,),
    }
    return Counted(**{**values, **changes})  # type: ignore[arg-type]


def test_a_post_counts_in_every_clock_grain_and_topic() -> None:
    rows = total(sample())
    assert set(rows) == {
        (clock, grain, topic, bucket, "reddit", "", "m@1")
        for clock in (0, 1)
        for grain, bucket in ((0, MINUTE), (1, HOUR))
        for topic in (0, 7)
    }
    nothing = dict.fromkeys(COUNTERS, 0)
    expected = {"n": 1, "neutral": 1, "emotion_neutral": 1, "sum_negative": 1000, "sum_neutral": 8000}
    assert all(row == nothing | expected | {"sum_positive": 1000} for row in rows.values())


def test_a_fallback_counts_as_nothing_else() -> None:
    [row, *_] = total(sample(fallback=True)).values()
    assert row == dict.fromkeys(COUNTERS, 0) | {"fallback": 1}


def test_a_reading_without_emotions_adds_to_none() -> None:
    [row, *_] = total(sample(emotion=None)).values()
    assert sum(row[name] for name in COUNTERS[4:11]) == 0 and row["n"] == 1


def test_buckets_are_those_of_utc_whatever_the_zone_of_a_moment() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert set(total(sample(ingested_at=elsewhere))) == set(total(sample()))


def test_buckets_before_the_epoch_begin_before_their_posts() -> None:
    early = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert {key[3] for key in total(sample(ingested_at=early, created_at=early))} == {-60, -3600}


@given(st.lists(counted, max_size=6), counted)
def test_taking_away_undoes_adding_and_rows_are_sorted(posts: list[Counted], extra: Counted) -> None:
    deltas = Deltas()
    for post in [*posts, extra]:
        deltas.add(post, 1)
    deltas.add(extra, -1)
    rows = deltas.rows()
    assert {key: dict(zip(COUNTERS, row, strict=True)) for key, row in rows} == total(*posts)
    assert rows == sorted(rows)


@given(counted)
def test_topics_added_later_make_the_same_rows(post: Counted) -> None:
    bare = sample(**{name: getattr(post, name) for name in Counted.__slots__} | {"topics": ()})
    deltas = Deltas()
    deltas.add(bare, 1)
    deltas.add_topics(post)
    assert {key: dict(zip(COUNTERS, row, strict=True)) for key, row in deltas.rows()} == total(post)
