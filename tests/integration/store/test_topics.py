"""Topics: kept, matched forwards by every writer and backwards by a job."""

from datetime import timedelta

import pytest
from tests.integration.store.samples import (
    NOON,
    back_match,
    count,
    differences,
    key,
    post,
    rows,
    write,
)

from groundswell.core.errors import Conflict, NotFound
from groundswell.core.topic import Topic
from groundswell.store import topics
from groundswell.store.database import Database
from groundswell.store.topics import TopicRow


def create(database: Database, name: str = "launch", *terms: str) -> TopicRow:
    with database.transaction() as connection:
        return topics.create(connection, name=name, any=terms or (name,), all=[], none=["rehearsal"])


def update(database: Database, topic: int, name: str, *terms: str) -> TopicRow:
    with database.transaction() as connection:
        return topics.update(connection, topic, name=name, any=terms, all=[], none=["rehearsal"])


def get(database: Database, topic: int) -> TopicRow:
    with database.reading() as connection:
        return topics.get(connection, topic)


def matches(database: Database) -> list[tuple[object, ...]]:
    return rows(database, "SELECT topic, post FROM post_topics ORDER BY topic, post")


def version(database: Database) -> int:
    with database.reading() as connection:
        return topics.current(connection).version


def test_topics_are_kept_in_order(database: Database) -> None:
    first, second = create(database), create(database, "moon")
    assert first.topic == Topic(id=first.topic.id, name="launch", any=("launch",), none=("rehearsal",))
    with database.reading() as connection:
        assert topics.current(connection) == topics.TopicSet(version=2, topics=(first.topic, second.topic))
        assert topics.rows(connection, limit=1, offset=1) == ([second], 2)
        assert topics.get(connection, first.topic.id) == first


def test_a_name_is_used_once(database: Database) -> None:
    create(database)
    moon = create(database, "moon")
    with pytest.raises(Conflict):
        create(database)
    with pytest.raises(Conflict):
        update(database, moon.topic.id, "launch", "x")


def test_there_is_no_topic_that_is_not(database: Database) -> None:
    with pytest.raises(NotFound):
        get(database, 7)
    with pytest.raises(NotFound):
        update(database, 7, "x", "y")
    with pytest.raises(NotFound), database.transaction() as connection:
        topics.delete(connection, 7)


def test_a_new_topic_is_matched_backwards_newest_first(database: Database) -> None:
    write(database, *(post(n, "a launch" if n % 2 else "nothing", ingested=n) for n in range(1, 8)))
    topic = create(database).topic.id
    assert get(database, topic).matched_since > NOON  # type: ignore[operator]
    with database.transaction() as connection:
        place = topics.back_match(connection, topic, before=None, limit=3)
    assert place == (NOON + timedelta(seconds=5), key(5))
    assert get(database, topic).matched_since == NOON + timedelta(seconds=5)
    assert matches(database) == [(topic, key(5)), (topic, key(7))]
    assert differences(database) == []
    back_match(database, topic)  # as a job that was killed and begins again
    assert get(database, topic).matched_since is None
    assert matches(database) == [(topic, key(n)) for n in (1, 3, 5, 7)]
    assert differences(database) == []


def test_posts_accepted_in_the_same_instant_are_all_matched(database: Database) -> None:
    write(database, *(post(n, "a launch") for n in range(1, 8)))
    topic = create(database).topic.id
    back_match(database, topic, limit=2)
    assert len(matches(database)) == 7 and differences(database) == []


def test_matching_again_adds_nothing(database: Database) -> None:
    write(database, post())
    topic = create(database).topic.id
    write(database, post(2, ingested=-1))  # stored after the topic, accepted before it
    back_match(database, topic)
    back_match(database, topic)
    assert count(database, "post_topics") == 2 and differences(database) == []


def test_a_post_whose_clock_was_ahead_is_matched(database: Database) -> None:
    write(database, post(ingested=3600 * 24 * 365 * 50))
    topic = create(database).topic.id
    back_match(database, topic)
    assert count(database, "post_topics") == 1


def test_other_terms_start_the_matching_afresh(database: Database) -> None:
    write(database, *(post(n, "a launch" if n % 2 else "the moon", ingested=n) for n in range(1, 8)))
    topic = create(database).topic.id
    with database.transaction() as connection:
        place = topics.back_match(connection, topic, before=None, limit=3)
    update(database, topic, "moon", "moon")
    assert matches(database) == [] and differences(database) == []
    with database.transaction() as connection:  # the job that still runs is led back to the newest
        assert topics.back_match(connection, topic, before=place, limit=3) == (
            NOON + timedelta(seconds=5),
            key(5),
        )
    back_match(database, topic)
    assert matches(database) == [(topic, key(n)) for n in (2, 4, 6)] and differences(database) == []


def test_another_name_matches_nothing_anew(database: Database) -> None:
    write(database, post())
    topic = create(database).topic.id
    back_match(database, topic)
    before = version(database)
    assert update(database, topic, "lift-off", "launch").topic.name == "lift-off"
    assert count(database, "post_topics") == 1 and version(database) == before


def test_a_removed_topic_takes_its_matches_and_counts(database: Database) -> None:
    topic = create(database).topic.id
    write(database, post())
    assert count(database, "rollups") == 8
    with database.transaction() as connection:
        topics.delete(connection, topic)
    assert count(database, "rollups") == 4 and count(database, "post_topics") == 0
    with database.transaction() as connection:
        assert topics.back_match(connection, topic, before=None, limit=3) is None
    assert write(database, post(2)) == ["stored"] and differences(database) == []


def test_the_job_is_asked_for_in_the_same_transaction(database: Database) -> None:
    topic = create(database).topic.id
    assert rows(database, "SELECT task_name, lock, args, status FROM procrastinate_jobs") == [
        ("topics.back_match", f"topic {topic}", {"topic_id": topic}, "todo")
    ]
    with database.transaction() as connection:
        topics.create(connection, name="moon", any=["moon"])
        connection.rollback()
    assert count(database, "procrastinate_jobs") == 1


def test_an_edit_is_matched_by_what_it_says_now(database: Database) -> None:
    topic = create(database).topic.id
    write(database, post(1, "a launch"), post(2, "nothing"))
    write(database, post(1, "nothing", revision=1), post(2, "a launch", revision=1))
    assert matches(database) == [(topic, key(2))] and differences(database) == []
