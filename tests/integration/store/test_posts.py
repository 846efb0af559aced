"""Writing posts: once, at the highest revision, with true counts."""

from datetime import timedelta

import psycopg
import pytest
from tests.integration.store.samples import ANA, NOON, count, differences, key, post, reading, rows, write

from groundswell.core.post import Post
from groundswell.store import posts, topics
from groundswell.store.database import Database, is_outage
from groundswell.store.posts import Analysed


def test_a_post_is_stored_with_its_reading_and_vector(database: Database) -> None:
    assert write(database, post(created=-90)) == ["stored"]
    [row] = rows(
        database,
        "SELECT id, source, post_id, content, author, url, lang, created_at, ingested_at, sentiment, scores,"
        " emotion, emotions, model, fallback, meta FROM posts",
    )
    assert row == (
        *(key(1), "reddit", "reddit_1", "what a launch", ANA, "https://example.org/1", "en"),
        *(NOON - timedelta(seconds=90), NOON, 2, [1000, 2000, 7000], 3, [0, 0, 0, 9000, 1000, 0, 0]),
        *("minilm@1", False, {"likes": 3}),
    )
    assert rows(database, "SELECT post, model, sentiment, scores, emotion, fallback FROM analyses") == [
        (key(1), "minilm@1", 2, [1000, 2000, 7000], 3, False)
    ]
    assert rows(database, "SELECT post, encoder, scale, values FROM vectors") == [
        (key(1), "e" * 64, 0.5, b"\x01\x02")
    ]


def test_a_post_counts_on_both_clocks_and_grains(database: Database) -> None:
    write(database, post(created=-90))
    assert rows(
        database,
        "SELECT clock, grain, bucket, n, positive, joy, fallback, sum_negative, sum_neutral, sum_positive"
        " FROM rollups ORDER BY clock, grain",
    ) == [
        (0, 0, NOON, 1, 1, 1, 0, 1000, 2000, 7000),
        (0, 1, NOON, 1, 1, 1, 0, 1000, 2000, 7000),
        (1, 0, NOON - timedelta(minutes=2), 1, 1, 1, 0, 1000, 2000, 7000),
        (1, 1, NOON - timedelta(hours=1), 1, 1, 1, 0, 1000, 2000, 7000),
    ]


@pytest.mark.parametrize("again", [post(), post(content="other words"), post(revision=-1)])
def test_an_equal_or_lower_revision_changes_nothing(database: Database, again: Post) -> None:
    write(database, post())
    before = rows(database, "SELECT * FROM rollups") + rows(database, "SELECT * FROM posts")
    assert write(database, again) == ["duplicate"]
    assert rows(database, "SELECT * FROM rollups") + rows(database, "SELECT * FROM posts") == before


def test_an_edit_replaces_the_post_and_stays_in_its_bucket(database: Database) -> None:
    write(database, post(created=-90))
    edit = post(content="what a failure", revision=1, ingested=7200, lang="de")
    assert write(database, (edit, reading((0.8, 0.1, 0.1), emotions=None))) == ["edited"]
    assert rows(database, "SELECT content, lang, ingested_at, created_at, sentiment, emotion FROM posts") == [
        ("what a failure", "de", NOON, NOON - timedelta(seconds=90), 0, None)
    ]
    assert rows(database, "SELECT DISTINCT lang, n, negative, positive, joy FROM rollups") == [
        ("de", 1, 1, 0, 0)
    ]
    assert count(database, "analyses") == 1 and differences(database) == []


def test_a_fallback_counts_apart(database: Database) -> None:
    write(database, (post(), reading(fallback=True)))
    assert rows(database, "SELECT DISTINCT n, positive, joy, fallback, sum_positive FROM rollups") == [
        (0, 0, 0, 1, 0)
    ]
    assert differences(database) == []


def test_a_batch_may_hold_every_case_at_once(database: Database) -> None:
    write(database, post(1), post(2))
    batch = [post(3), post(2, revision=1), post(1)]
    assert write(database, *batch) == ["stored", "edited", "duplicate"]
    assert differences(database) == []


def test_what_is_known_is_told_before_inference(database: Database) -> None:
    write(database, post(1), post(2))
    batch = [post(1), post(2, revision=1), post(3)]
    with database.reading() as connection:
        assert posts.outcomes_known(connection, batch) == {key(1): "duplicate"}


def test_posts_matched_to_other_topics_are_not_written(database: Database) -> None:
    with database.transaction() as connection:
        topics.create(connection, name="launch", any=["launch"])
    stale = [Analysed(post=post(), reading=reading())]
    with pytest.raises(posts.TopicsChanged), database.transaction() as connection:
        posts.write(connection, stale, topics_version=0, analyzed_at=NOON)
    assert count(database, "post_keys") == 0
    assert write(database, post()) == ["stored"]
    assert count(database, "post_topics") == 1


def test_a_post_that_cannot_be_stored_is_its_own_fault_and_leaves_no_trace(database: Database) -> None:
    more_words_than_an_index_holds = " ".join(f"word{i}" for i in range(150_000))
    for content in ("nothing\0here", "half a pair \ud800", more_words_than_an_index_holds):
        with pytest.raises((psycopg.Error, ValueError)) as caught:
            write(database, post(1), post(2, content=content))
        assert not is_outage(caught.value)
    assert count(database, "post_keys") == 0 and count(database, "rollups") == 0


def test_an_empty_batch_is_nothing(database: Database) -> None:
    assert write(database) == []
