"""A window is complete when analysis has passed it, no gap touches it, and its topic is matched."""

from datetime import datetime, timedelta

import pytest
from tests.integration.views.made import NOON

from groundswell.core.errors import InvalidInput
from groundswell.store import topics
from groundswell.store.database import Database
from groundswell.views.completeness import collection
from groundswell.views.filters import EVERYTHING, Filters, Window
from groundswell.views.topic_names import topic_number

HOUR = timedelta(hours=1)


def gap(database: Database, start: datetime, end: datetime | None, source: str = "bluesky:cats") -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO collection_log (source, kind, starts_at, ends_at, detail) VALUES (%s, 'gap', %s, %s, '')",
            [source, start, end],
        )


def complete(
    database: Database, start: datetime, end: datetime, *, filters: Filters = EVERYTHING, late: float = 0
) -> bool:
    window = Window(start=start, end=end)
    with database.reading() as connection:
        known = collection(connection, window, filters, end - timedelta(seconds=late))
    return known.complete(window.start, window.end)


def test_the_watermark_must_have_passed(database: Database) -> None:
    assert complete(database, NOON, NOON + HOUR)
    assert not complete(database, NOON, NOON + HOUR, late=1)


def test_without_a_watermark_nothing_is_complete(database: Database) -> None:
    window = Window(start=NOON, end=NOON + HOUR)
    with database.reading() as connection:
        assert not collection(connection, window, EVERYTHING, None).complete(window.start, window.end)


def test_a_gap_counts_where_it_touches(database: Database) -> None:
    gap(database, NOON + HOUR, NOON + 2 * HOUR)
    assert complete(database, NOON, NOON + HOUR)
    assert not complete(database, NOON, NOON + HOUR + timedelta(minutes=1))
    assert not complete(database, NOON + 1.5 * HOUR, NOON + 3 * HOUR)
    assert complete(database, NOON + 2 * HOUR, NOON + 3 * HOUR)


def test_an_open_gap_goes_on(database: Database) -> None:
    gap(database, NOON, None)
    assert not complete(database, NOON + 5 * HOUR, NOON + 6 * HOUR)
    assert complete(database, NOON - HOUR, NOON)


@pytest.mark.parametrize(
    ("gap_in", "asked", "is_complete"),
    [("bluesky:cats", "reddit", True), ("bluesky:cats", "bluesky", False), ("file:a.csv", "reddit", False)],
)
def test_a_gap_of_another_source_does_not_matter(
    database: Database, gap_in: str, asked: str, is_complete: bool
) -> None:
    gap(database, NOON, NOON + HOUR, gap_in)
    assert complete(database, NOON, NOON + HOUR, filters=Filters(source=asked)) is is_complete


def test_a_topic_is_complete_from_where_it_is_matched(database: Database) -> None:
    with database.transaction() as connection:
        topic = topics.create(connection, name="Launch", any=["launch"]).topic.id
        connection.execute("UPDATE topics SET matched_since = %s", [NOON])
    assert not complete(database, NOON - HOUR, NOON + HOUR, filters=Filters(topic=topic))
    assert complete(database, NOON, NOON + HOUR, filters=Filters(topic=topic))
    with database.transaction() as connection:
        connection.execute("UPDATE topics SET matched_since = NULL")
    assert complete(database, NOON - HOUR, NOON + HOUR, filters=Filters(topic=topic))


def test_a_topic_is_found_by_name_in_any_case_or_by_number(database: Database) -> None:
    with database.transaction() as connection:
        first, second = (
            topics.create(connection, name=name, any=["x"]).topic.id for name in ("Launch", "launch")
        )
        third = topics.create(connection, name=str(first), any=["x"]).topic.id
    with database.reading() as connection:
        assert topic_number(connection, "launch") == second
        assert topic_number(connection, "LAUNCH") == first
        assert topic_number(connection, str(second)) == second
        assert topic_number(connection, str(first)) == third
        with pytest.raises(InvalidInput, match="no topic 'lunch'"):
            topic_number(connection, "lunch")
