"""What the database can say of the state of the whole."""

from datetime import timedelta

from tests.integration.views.made import NOON, make, store

from groundswell.store.database import Database
from groundswell.views.status import SourceState, StoreStatus, store_status


def test_an_empty_store_has_counted_nothing(database: Database) -> None:
    with database.reading() as connection:
        assert store_status(connection) == StoreStatus(counted=0, last_analyzed_at=None, sources=[])


def test_posts_and_the_last_event_of_each_source(database: Database) -> None:
    store(database, make(4, 30))
    with database.transaction() as connection:
        for place, kind in enumerate(("started", "error")):
            connection.execute(
                "INSERT INTO collection_log (source, kind, starts_at, detail) VALUES ('synthetic', %s, %s, %s)",
                [kind, NOON + timedelta(minutes=place), kind],
            )
        connection.execute("INSERT INTO source_cursors VALUES ('file:a.csv', '9', %s)", [NOON])
    with database.reading() as connection:
        found = store_status(connection)
    assert (found.counted, found.last_analyzed_at) == (30, NOON + timedelta(hours=1))
    assert found.sources == [
        SourceState(source="file:a.csv", read_until=NOON, last_event=None, last_event_at=None, detail=""),
        SourceState(
            source="synthetic",
            read_until=None,
            last_event="error",
            last_event_at=NOON + timedelta(minutes=1),
            detail="error",
        ),
    ]
