"""The feed against the same selection made post by post; paging while posts arrive; totals; search."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.views.made import LANGUAGES, MODELS, NOON, SOURCES, make, passes, store

from groundswell.core.errors import NotFound
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.store.database import Database
from groundswell.store.posts import Analysed
from groundswell.views import feed, feed_total
from groundswell.views.cursor import Cursor
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import Filters

POSTS = make(2, 300)

queries = st.builds(
    FeedQuery,
    filters=st.builds(
        Filters,
        source=st.sampled_from([None, *SOURCES]),
        topic=st.sampled_from([None, 1, 2]),
        lang=st.sampled_from([None, "und", *filter(None, LANGUAGES)]),
        model=st.sampled_from([None, "minilm", *MODELS]),
    ),
    sentiment=st.sampled_from([None, *SENTIMENTS]),
    emotion=st.sampled_from([None, None, *EMOTIONS]),
    start=st.sampled_from([None, NOON + timedelta(hours=3, seconds=7), NOON + timedelta(hours=2)]),
    end=st.sampled_from([None, NOON + timedelta(hours=9, seconds=7), NOON + timedelta(hours=20)]),
    clock=st.sampled_from(["ingested", "created"]),
    order=st.sampled_from(["newest", "oldest"]),
    limit=st.integers(1, 40),
)


def selected(batch: Sequence[Analysed], query: FeedQuery) -> list[UUID]:
    """Select and order the posts as the feed must, one by one."""
    found = []
    for item in batch:
        moment = item.post.ingested_at if query.clock == "ingested" else item.post.created_at
        reading = item.reading
        if (
            passes(item, query.filters)
            and query.sentiment in {None, reading.sentiment}
            and query.emotion in {None, reading.emotion}
            and (query.start is None or query.start <= moment)
            and (query.end is None or moment < query.end)
        ):
            found.append((moment, item.post.key))
    return [key for _, key in sorted(found, reverse=query.order == "newest")]


def walk(database: Database, query: FeedQuery) -> list[UUID]:
    """Follow the cursor to the end."""
    found: list[UUID] = []
    while True:
        with database.reading() as connection:
            page = feed.page(connection, query)
        found += [post.id for post in page.posts]
        if page.next_cursor is None:
            return found
        assert len(page.posts) == query.limit
        query = replace(query, cursor=Cursor.decode(page.next_cursor))


def test_any_filter_lists_what_passes_in_order_by_cursor_and_by_offset(database: Database) -> None:
    store(database, POSTS)

    @settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(queries, st.integers(0, 60))
    def check(query: FeedQuery, offset: int) -> None:
        expected = selected(POSTS, query)
        assert walk(database, query) == expected
        with database.reading() as connection:
            page = feed.page(connection, replace(query, offset=offset))
        assert [post.id for post in page.posts] == expected[offset : offset + query.limit]
        assert (page.total, page.total_is_lower_bound) == (len(expected), False)

    check()


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_by_cursor_each_post_is_visited_once_while_others_arrive(database: Database, order: str) -> None:
    store(database, POSTS)
    arriving = make(3, 200, around=NOON + timedelta(hours=31), spread=timedelta(hours=1))
    query = FeedQuery(limit=11, order="newest" if order == "newest" else "oldest")
    visited: list[UUID] = []
    while True:
        with database.reading() as connection:
            page = feed.page(connection, query)
        visited += [post.id for post in page.posts]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=Cursor.decode(page.next_cursor))
        store(database, arriving[:7])
        del arriving[:7]
    assert len(visited) == len(set(visited))
    assert set(visited) >= {item.post.key for item in POSTS}


def test_a_post_is_shown_as_it_was_stored(database: Database) -> None:
    item = next(item for item in POSTS if item.reading.emotion)
    store(database, [item])
    with database.reading() as connection:
        post, analyses = feed.get(connection, item.post.key)
    assert (post.content, post.author, post.lang) == (item.post.content, item.post.author, item.post.lang)
    assert feed.fractions(post.scores, SENTIMENTS) == pytest.approx(
        dict(zip(SENTIMENTS, item.reading.scores, strict=True)), abs=1e-4
    )
    assert SENTIMENTS[post.sentiment] == item.reading.sentiment
    assert [analysis.model for analysis in analyses] == [item.reading.model_used]
    assert analyses[0].emotions is not None
    assert feed.fractions(analyses[0].emotions, EMOTIONS)[item.reading.emotion or ""] == pytest.approx(
        max(item.reading.emotions or ()), abs=1e-4
    )


def test_a_post_that_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as connection, pytest.raises(NotFound):
        feed.get(connection, UUID(int=1))


def found_by(database: Database, q: str) -> set[str]:
    with database.reading() as connection:
        return {post.content for post in feed.page(connection, FeedQuery(q=q, limit=100)).posts}


def test_search_finds_words_phrases_prefixes_and_leaves_out_minus(database: Database) -> None:
    contents = ["Lift off at dawn", "off with the lift", "COVID-19 is it's own #News", "naïve\\'quoted"]
    items = [replace(i, post=replace(i.post, content=c)) for i, c in zip(POSTS, contents, strict=False)]
    store(database, items)
    first, second, third, fourth = contents
    assert found_by(database, "LIFT off") == {first, second}
    assert found_by(database, '"lift off"') == {first}
    assert found_by(database, "lift -dawn") == {second}
    assert found_by(database, '-"lift off" off') == {second}
    assert found_by(database, "new*") == found_by(database, "#news") == {third}
    assert found_by(database, "covid-19 it's") == {third}
    assert found_by(database, "naïve") == {fourth}
    assert found_by(database, "new") == set()
    assert found_by(database, "the") == {second}
    assert found_by(database, "-lift") == {third, fourth}
    assert found_by(database, "...") == found_by(database, '""') == set()


def test_nothing_that_can_be_typed_breaks_the_search(database: Database) -> None:
    store(database, POSTS[:20])

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.text(max_size=40) | st.text(alphabet="ab'\"\\-*:&|!()<> \0", max_size=30))
    def check(q: str) -> None:
        q = q.encode("utf-8", "ignore").decode()
        with database.reading() as connection:
            page = feed.page(connection, FeedQuery(q=q))
        assert page.total == len(page.posts)

    check()


def test_beyond_what_is_counted_the_total_is_a_lower_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_total, "COUNT_LIMIT", 50)
    store(database, POSTS)
    with database.reading() as connection:
        counted = feed.page(connection, FeedQuery(start=NOON + timedelta(seconds=1)))
        told = feed.page(connection, FeedQuery(start=NOON))
    assert (counted.total, counted.total_is_lower_bound) == (50, True)
    assert (told.total, told.total_is_lower_bound) == (len(POSTS), False)


def test_what_retention_removed_is_not_in_the_total(database: Database) -> None:
    store(database, POSTS)
    horizon = NOON + timedelta(hours=10, seconds=30)
    gone = [item.post.key for item in POSTS if item.post.ingested_at < horizon - timedelta(hours=2)]
    assert gone
    with database.transaction() as connection:
        connection.execute("UPDATE retention SET sealed_before = %s", [horizon])
        connection.execute("DELETE FROM posts WHERE id = ANY (%s)", [gone])
    left = [item for item in POSTS if item.post.key not in gone]
    for query in (
        FeedQuery(),
        FeedQuery(clock="created"),
        FeedQuery(filters=Filters(source="reddit")),
        FeedQuery(start=NOON),
        FeedQuery(start=NOON + timedelta(hours=12)),
        FeedQuery(start=NOON, clock="created"),
        FeedQuery(end=NOON + timedelta(hours=20)),
        FeedQuery(sentiment="positive"),
    ):
        with database.reading() as connection:
            assert feed.page(connection, query).total == len(selected(left, query)), query
