"""The synthetic source: its rate, its mixture, its moods."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from threading import Event

from groundswell.core.clock import ManualClock
from groundswell.core.incoming import RawDeletion, RawEvent, RawPost
from groundswell.sources.spec import SourceOptions, open_source
from groundswell.sources.synthetic_moods import WINDOW_BEATS, moods
from groundswell.sources.synthetic_script import Script
from groundswell.sources.synthetic_words import SUBJECTS, VENUES

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def timed(options: SourceOptions, seconds: float) -> list[tuple[float, RawEvent]]:
    """Return what is told in so many seconds, and when."""
    clock, found = ManualClock(START), []
    for batch in open_source("synthetic", options, clock=clock, stop=Event()).batches(None):
        if clock.monotonic() >= seconds:
            break
        found += [(clock.monotonic(), event) for event in batch.events]
    return found


def test_talks_at_the_rate_of_the_settings_or_the_flag() -> None:
    assert 118 <= len(timed(SourceOptions(posts_per_minute=120), 60)) <= 122
    assert 598 <= len(timed(SourceOptions(rate=10), 60)) <= 602


def test_a_slow_taker_is_not_flooded_afterwards() -> None:
    clock = ManualClock(START)
    batches = open_source("synthetic", SourceOptions(rate=10), clock=clock, stop=Event()).batches(None)
    next(batches)
    clock.advance(3600)
    assert sum(len(batch.events) for batch in islice(batches, 2)) <= 12


def test_says_the_same_for_one_seed_and_something_else_for_another() -> None:
    def said(seed: int) -> list[str]:
        return [Script(seed, 10).line(n).content for n in range(50)]

    assert said(3) == said(3)
    assert said(3) != said(4)


def test_mixes_venues_subjects_languages_and_moods() -> None:
    posts = [event.fields for _, event in timed(SourceOptions(rate=50), 100) if isinstance(event, RawPost)]
    assert {post["source"] for post in posts} == {venue.name for venue in VENUES}
    assert {"en", "es", "de", "fr", "pt"} == {post["lang"] for post in posts}
    for subject in SUBJECTS:
        assert any(subject.name in str(post["content"]) for post in posts)
    assert len({post["author"] for post in posts}) > 200
    repeated = len(posts) - len({post["content"] for post in posts})
    assert 0 < repeated < len(posts) / 4
    assert all(post["meta"] == {"synthetic": True} for post in posts)


def test_edits_and_deletions_are_of_posts_told_before() -> None:
    told: dict[object, RawPost] = {}
    kinds: Counter[str] = Counter()
    for at, event in timed(SourceOptions(rate=50), 100):
        if isinstance(event, RawDeletion):
            kinds["deletion"] += 1
            assert told[event.post_id].fields["source"] == event.source
        elif isinstance(event, RawPost):
            before = told.get(event.fields["post_id"])
            if event.fields["revision"]:
                kinds["edit"] += 1
                assert before is not None
                for name in ("source", "author", "lang"):
                    assert before.fields[name] == event.fields[name]
                assert str(before.fields["content"]) in str(event.fields["content"])
            else:
                assert before is None
                told[event.fields["post_id"]] = event
            created_at = event.fields["created_at"]
            assert isinstance(created_at, datetime)
            assert (created_at - START).total_seconds() <= at
    assert kinds["deletion"] >= 5 and kinds["edit"] >= 15


def test_moods_drift_slowly_and_burst_now_and_then() -> None:
    bursts, steps = 0, []
    for beat in range(6 * WINDOW_BEATS):
        for now, then in zip(moods(1, beat), moods(1, beat + 1), strict=True):
            if then.burst and then.burst.start == beat + 1:
                bursts += 1
                assert (then.valence > now.valence) == then.burst.good
                assert then.weight > 2 * then.subject.weight
            else:
                steps.append(abs(then.valence - now.valence))
    assert bursts >= 8
    assert max(steps) < 0.2


def test_a_burst_is_heard_in_the_posts() -> None:
    beat, mood = next(
        (beat, mood)
        for beat in range(2000)
        for mood in moods(1, beat)
        if mood.burst and mood.burst.start == beat and not mood.burst.good and mood.excitement > 0.8
    )
    script = Script(1, 200)
    during = [script.line(n).content for n in range(beat * 200, beat * 200 + 200)]
    assert mood.burst is not None
    assert sum(mood.burst.news.lower() in text.lower() for text in during) > 20
