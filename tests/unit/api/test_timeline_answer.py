"""A timeline's JSON, written out for speed, says what its buckets say one by one."""

from datetime import UTC, datetime, timedelta

from groundswell.api.answers.sentiment import TimelineAnswer
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.views.filters import HOUR, Window
from groundswell.views.sums import NOTHING, Sums
from groundswell.views.timeline import Timeline

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DIFFERENT = Sums._make([*range(60, 75), ["minilm@1", "tfidf@1"]])
"""No two of its numbers are alike, so that none can stand in the place of another."""


def test_each_bucket_is_written_as_it_is() -> None:
    found = Timeline(
        window=Window(start=BEGIN, end=BEGIN + 2 * HOUR),
        period="hour",
        starts=[BEGIN, BEGIN + HOUR],
        sums=[DIFFERENT, NOTHING],
        completes=[True, False],
        complete=False,
    )
    answer = TimelineAnswer.model_validate_json(TimelineAnswer.written(found, BEGIN + timedelta(days=1)))
    for row, bucket in zip(answer.data, found.buckets, strict=True):
        sums = bucket.sums
        assert (row.bucket, row.complete) == (bucket.start, bucket.complete)
        assert (row.total, row.fallback_count) == (sums.total, sums.fallback_count)
        assert [getattr(row, name) for name in SENTIMENTS] == [sums.count(name) for name in SENTIMENTS]
        assert row.emotions == sums.by_emotion and list(row.emotions) == list(EMOTIONS)
        assert row.mean_scores == sums.mean_scores
        assert row.model_versions == list(sums.model_versions)
    assert answer.metadata.total == DIFFERENT.total
