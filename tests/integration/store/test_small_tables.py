"""Cursors, the collection log, processes and prediction counts."""

from dataclasses import replace
from datetime import timedelta

from tests.integration.store.samples import NOON, count, rows

from groundswell.store import collection, predictions, presence
from groundswell.store.database import Database
from groundswell.store.predictions import PredictionCount
from groundswell.store.presence import FORGOTTEN_AFTER, SILENT_AFTER, Process

WORKER = Process(
    id="host:worker:0", role="worker", host="host", pid=7, version="1", started_at=NOON, state={"rss": 1}
)


def test_a_cursor_is_remembered_per_source(database: Database) -> None:
    with database.transaction() as connection:
        assert collection.cursor(connection, "file:a") is None
        collection.save_cursor(connection, "file:a", "10", NOON)
        collection.save_cursor(connection, "file:a", "20", NOON + timedelta(seconds=1))
        collection.save_cursor(connection, "file:b", "5", NOON)
        assert collection.cursor(connection, "file:a") == "20"


def test_the_log_says_when_a_source_was_not_listening(database: Database) -> None:
    with database.transaction() as connection:
        collection.log(connection, source="a", kind="started", start=NOON)
        end = NOON + timedelta(hours=1)
        collection.log(connection, source="a", kind="gap", start=NOON, end=end, detail="sampled")
    assert rows(
        database, "SELECT source, kind, starts_at, ends_at, detail FROM collection_log ORDER BY id"
    ) == [
        ("a", "started", NOON, None, ""),
        ("a", "gap", NOON, end, "sampled"),
    ]


def test_a_process_lives_as_long_as_it_beats(database: Database) -> None:
    other = replace(WORKER, id="host:worker:1")
    restarted = replace(WORKER, pid=8, state={"rss": 2})
    with database.transaction() as connection:
        presence.beat(connection, WORKER, NOON)
        presence.beat(connection, other, NOON)
        presence.beat(connection, restarted, NOON + SILENT_AFTER)
        assert presence.living(connection, NOON + SILENT_AFTER) == [restarted, other]
        assert presence.living(connection, NOON + 2 * SILENT_AFTER) == [restarted]
        assert presence.prune(connection, NOON + FORGOTTEN_AFTER + timedelta(seconds=1)) == 1
        presence.leave(connection, WORKER.id)
    assert count(database, "processes") == 0


def test_predictions_are_added_up_per_minute(database: Database) -> None:
    def counts(n: int) -> list[PredictionCount]:
        return [
            PredictionCount(model="b@1", sentiment="positive", fallback=False, n=n, total_ms=n / 2),
            PredictionCount(model="a@1", sentiment="negative", fallback=True, n=n, total_ms=n / 2),
        ]

    with database.transaction() as connection:
        predictions.add(connection, NOON + timedelta(seconds=1), counts(1))
        predictions.add(connection, NOON + timedelta(seconds=59), counts(2))
        predictions.add(connection, NOON, [])
    assert rows(database, "SELECT * FROM prediction_counts ORDER BY model") == [
        (NOON, "a@1", 0, True, 3, 1.5),
        (NOON, "b@1", 2, False, 3, 1.5),
    ]
