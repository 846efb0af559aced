"""Whatever happens in whatever order: each key once, the highest revision, and counts that are true."""

import random
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.store.samples import (
    ANA,
    BEN,
    NOON,
    TABLES,
    back_match,
    count,
    differences,
    key,
    post,
    reading,
    rows,
    write,
)

from groundswell.core.errors import Conflict
from groundswell.core.mood import SENTIMENTS, Reading
from groundswell.core.post import Post
from groundswell.store import erase, rollups, topics
from groundswell.store.database import Database

CONTENTS = ("a launch", "the moon", "a launch to the moon", "nothing")
READINGS = (
    reading((0.7, 0.2, 0.1)),
    reading((0.33333, 0.33333, 0.33334), emotions=None),
    reading((0.1, 0.8, 0.1), model="vader@1", fallback=True),
)
Step = Callable[[Database], None]


@dataclass(frozen=True)
class Write:
    """Revisions of distinct keys.

    Moments and author depend on the key alone, what it says and how it is read on the revision
    too; so the order in which writes arrive is free.
    """

    chosen: tuple[tuple[int, int], ...]

    @property
    def batch(self) -> list[tuple[Post, Reading]]:
        return [
            (
                post(
                    number,
                    CONTENTS[(number + revision) % 4],
                    revision=revision,
                    author=(ANA, BEN, None)[number % 3],
                    ingested=number * 50,
                    created=number * 50 - number % 2 * 4000,
                    source=("reddit", "file")[number % 2],
                    lang=("en", None)[revision % 2],
                ),
                READINGS[(number // 2 + revision) % 3],
            )
            for number, revision in self.chosen
        ]

    def __call__(self, database: Database) -> None:
        write(database, *self.batch)


@dataclass(frozen=True)
class Delete:
    numbers: tuple[int, ...]

    def __call__(self, database: Database) -> None:
        with database.transaction() as connection:
            erase.erase_posts(connection, [key(n) for n in self.numbers], NOON)


@dataclass(frozen=True)
class EraseAuthor:
    author: str

    def __call__(self, database: Database) -> None:
        with database.transaction() as connection:
            erase.erase_author(connection, self.author, NOON + timedelta(days=1))


@dataclass(frozen=True)
class Track:
    """Create the topic of a name, or change it."""

    name: str
    term: str

    def __call__(self, database: Database) -> None:
        # a Conflict: another thread was quicker to create it
        with suppress(Conflict), database.transaction() as connection:
            known = {topic.name: topic.id for topic in topics.current(connection).topics}
            if self.name in known:
                topics.update(connection, known[self.name], name=self.name, any=[self.term])
            else:
                topics.create(connection, name=self.name, any=[self.term])


@dataclass(frozen=True)
class MatchSome:
    """A slice of each topic, each in a transaction of its own: locks are taken in one order."""

    def __call__(self, database: Database) -> None:
        with database.reading() as connection:
            tracked = topics.current(connection).topics
        for topic in tracked:
            with database.transaction() as connection:
                topics.back_match(connection, topic.id, before=None, limit=2)


numbers = st.integers(1, 4)
one_post = st.tuples(numbers, st.integers(0, 2))
writes = st.builds(Write, st.lists(one_post, min_size=2, max_size=4, unique_by=lambda c: c[0]).map(tuple))
deletions = st.builds(Delete, st.lists(numbers, max_size=2).map(tuple))
erasures = st.builds(EraseAuthor, st.sampled_from([ANA, BEN]))
tracking = st.builds(Track, st.sampled_from(["one", "two"]), st.sampled_from(["launch", "moon"]))
matching_some = st.builds(MatchSome)
steps = st.lists(
    st.one_of(writes, writes, writes, deletions, erasures, tracking, matching_some), min_size=4, max_size=14
)
thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def clear(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(f"TRUNCATE {TABLES} CASCADE".encode())


@dataclass
class Model:
    """What ought to be stored, in a few plain lines."""

    stored: dict[UUID, tuple[Post, Reading]] = field(default_factory=dict)
    erased: set[UUID] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    terms: dict[str, str] = field(default_factory=dict)

    def apply(self, step: Step) -> None:
        match step:
            case Write():
                for new, how in step.batch:
                    self._write(new, how)
            case Delete():
                self._erase(key(n) for n in step.numbers)
            case EraseAuthor():
                self.authors.add(step.author)
                self._erase([k for k, (old, _) in self.stored.items() if old.author == step.author])
            case Track():
                self.terms[step.name] = step.term

    def _write(self, new: Post, how: Reading) -> None:
        if new.author in self.authors:
            self.erased.add(new.key)
        elif new.key not in self.erased and (
            new.key not in self.stored or self.stored[new.key][0].revision < new.revision
        ):
            self.stored[new.key] = (new, how)

    def _erase(self, keys: Iterable[UUID]) -> None:
        for erased in keys:
            self.erased.add(erased)
            self.stored.pop(erased, None)

    @property
    def posts(self) -> list[tuple[object, ...]]:
        return sorted(
            (k, p.content, p.lang, SENTIMENTS.index(how.sentiment), how.model_used)
            for k, (p, how) in self.stored.items()
        )

    @property
    def matches(self) -> list[tuple[object, ...]]:
        found = [
            (name, k)
            for name, term in self.terms.items()
            for k, (p, _) in self.stored.items()
            if term in p.content
        ]
        return sorted(found)


def stored_posts(database: Database) -> list[tuple[object, ...]]:
    return rows(database, "SELECT id, content, lang, sentiment, model FROM posts ORDER BY id")


def stored_matches(database: Database) -> list[tuple[object, ...]]:
    return rows(database, "SELECT name, post FROM post_topics JOIN topics ON id = topic ORDER BY name, post")


def finish_matching(database: Database) -> None:
    with database.reading() as connection:
        tracked = topics.current(connection).topics
    for topic in tracked:
        back_match(database, topic.id)


@thorough
@given(steps)
def test_any_history_is_stored_and_counted_truly(database: Database, history: list[Step]) -> None:
    clear(database)
    model = Model()
    for step in history:
        step(database)
        model.apply(step)
        assert differences(database) == []
    finish_matching(database)
    assert stored_posts(database) == model.posts
    assert stored_matches(database) == model.matches
    assert count(database, "analyses") == count(database, "vectors") == len(model.posts)
    assert {k for (k,) in rows(database, "SELECT key FROM post_keys WHERE state = 'erased'")} == model.erased
    assert differences(database) == []
    assert rows(database, "SELECT 1 FROM rollups WHERE n = 0 AND fallback = 0") == []


@thorough
@given(st.lists(st.one_of(writes, writes, deletions, erasures, tracking), max_size=10), st.randoms())
def test_shuffled_is_ordered(database: Database, history: list[Step], chance: random.Random) -> None:
    distinct: list[Step] = [step for step in history if not isinstance(step, Track)]
    tracked: list[Step] = list({step.name: step for step in history if isinstance(step, Track)}.values())
    results = []
    for _ in range(2):
        clear(database)
        for step in [*distinct, *tracked]:
            step(database)
        finish_matching(database)
        assert differences(database) == []
        counts = rows(
            database,
            "SELECT clock, grain, bucket, source, lang, model, n, fallback FROM rollups WHERE topic = 0",
        )
        results.append((sorted(map(str, counts)), stored_matches(database), stored_posts(database)))
        chance.shuffle(distinct)
        chance.shuffle(tracked)
    assert results[0] == results[1]


@pytest.mark.parametrize("base", [0, 100])
def test_writers_side_by_side_store_each_key_once_and_never_deadlock(database_url: str, base: int) -> None:
    """Overlapping batches, edits, deletions, erasures and new topics from six threads at once."""
    database = Database(database_url, size=8)
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(25):
                _random_step(chance)(database)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(base, base + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [repr(f.__cause__ or f) for f in failures] == []
    finish_matching(database)
    assert differences(database) == []
    assert count(database, "posts") == count(database, "post_keys WHERE state = 'stored'") > 0
    assert rows(database, "SELECT post FROM post_topics EXCEPT SELECT id FROM posts") == []
    assert rows(database, "SELECT post FROM analyses EXCEPT SELECT id FROM posts") == []
    database.close()


def _random_step(chance: random.Random) -> Step:
    if chance.random() < 0.75:
        some = chance.sample(range(1, 400), 60)
        return Write(tuple((n, chance.randrange(3)) for n in some))
    other: list[Step] = [
        Delete(tuple(chance.sample(range(1, 400), 5))),
        Track(chance.choice(["one", "two"]), chance.choice(["launch", "moon"])),
        MatchSome(),
    ]
    return chance.choice(other)


def test_a_false_count_is_found_and_mended(database: Database) -> None:
    write(database, post(1), post(2, ingested=3600))
    with database.transaction() as connection:
        connection.execute(
            "UPDATE rollups SET n = n + 1, joy = 0 WHERE clock = 0 AND grain = 0 AND bucket = %s", (NOON,)
        )
        connection.execute("DELETE FROM rollups WHERE clock = 1 AND grain = 1 AND bucket = %s", (NOON,))
    wrong, missing = differences(database)
    assert (wrong.bucket, wrong.stored and wrong.stored[0], wrong.counted and wrong.counted[0]) == (
        NOON,
        2,
        1,
    )
    assert "n, joy differ" in str(wrong)
    assert missing.stored is None
    with database.transaction() as connection:
        rollups.rebuild(connection)
    assert differences(database) == []
