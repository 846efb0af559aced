"""Label queues: what is drawn, who gets it, what is labelled twice, and what annotators agree on."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from tests.integration.store.samples import NOON, count, key, post, reading, rows, write
from tests.integration.store.test_feedback import NEW, add

from groundswell.core.errors import Conflict, NotFound
from groundswell.core.mood import Sentiment
from groundswell.learning import labelling
from groundswell.learning.concord import Concord, concord
from groundswell.learning.feedback import KeptItem
from groundswell.learning.labelling import Labelling, Verdict
from groundswell.store import erase, labels, registry, topics
from groundswell.store.database import Database
from groundswell.store.labels import Question, Task

RANDOM = Question(queue="random")
UNSURE = Question(queue="uncertainty")
SPLIT = Question(queue="disagreement")


def desk(seed: int = 1, **changes: float) -> Labelling:
    return replace(Labelling(double_coding=0, random=Random(seed)), **changes)  # type: ignore[arg-type]


def take(
    database: Database,
    question: Question = RANDOM,
    annotator: str = "ana",
    *,
    of: Labelling | None = None,
    minutes: float = 0,
) -> Task | None:
    with database.transaction() as connection:
        return (of or desk()).next(connection, question, annotator, NOON + timedelta(minutes=minutes))


def say(database: Database, task: int, label: Sentiment, annotator: str = "ana") -> KeptItem:
    with database.transaction() as connection:
        return labelling.answer(connection, task, Verdict(label=label, annotator=annotator), NOON)


def label_all(
    database: Database, question: Question, annotator: str = "ana", **options: Labelling
) -> list[Task]:
    done = []
    while task := take(database, question, annotator, **options):  # type: ignore[arg-type]
        say(database, task.id, "neutral", annotator)
        done.append(task)
    return done


def test_each_post_of_a_question_is_labelled_once(database: Database) -> None:
    write(database, *(post(n, f"text {n}") for n in range(1, 8)))
    done = label_all(database, RANDOM, of=desk(drawn_at_once=3))
    assert sorted(task.post for task in done) == [key(n) for n in range(1, 8)]
    assert rows(database, "SELECT population, drawn FROM label_draws ORDER BY id") == [(7, 3), (4, 3), (1, 1)]
    assert [task.sampling_probability for task in done] == pytest.approx([3 / 7] * 3 + [3 / 4] * 3 + [1])
    kept = rows(
        database, "SELECT origin, annotator, sampling_probability, model FROM feedback ORDER BY id LIMIT 1"
    )
    assert kept == [("random", "ana", pytest.approx(3 / 7), "minilm@1")]


def test_what_is_in_hand_is_handed_out_again_to_the_same_and_later_to_the_next(database: Database) -> None:
    write(database, post(1), post(2))
    first = take(database)
    assert first is not None and take(database) == first
    other = take(database, annotator="ben")
    assert other is not None and other.post != first.post
    assert take(database, annotator="eve") is None
    late = take(database, annotator="eve", minutes=16)
    assert late is not None and late.id == first.id
    assert say(database, first.id, "positive").annotator == "ana"  # late, but he did the work


def test_a_task_passed_over_goes_to_the_next(database: Database) -> None:
    write(database, post(1))
    task = take(database)
    assert task is not None
    with database.transaction() as connection:
        labelling.pass_over(connection, task.id, "ana")
    assert take(database) is None
    handed = take(database, annotator="ben")
    assert handed is not None and handed.id == task.id


def test_a_label_needs_a_turn(database: Database) -> None:
    write(database, post(1))
    task = take(database)
    assert task is not None
    with pytest.raises(Conflict):
        say(database, task.id, "positive", "ben")
    with pytest.raises(Conflict), database.transaction() as connection:
        labelling.pass_over(connection, 7, "ana")


def test_a_label_said_again_replaces_the_first(database: Database) -> None:
    write(database, post(1))
    task = take(database)
    assert task is not None
    say(database, task.id, "positive")
    say(database, task.id, "negative")
    assert rows(database, "SELECT label, superseded FROM feedback ORDER BY id") == [(2, True), (0, False)]


def test_a_set_share_is_labelled_by_two_who_do_not_see_each_other(database: Database) -> None:
    write(database, *(post(n, f"text {n}") for n in range(1, 201)))
    both = desk(double_coding=0.3, drawn_at_once=200)
    with database.transaction() as connection:
        both.next(connection, RANDOM, "someone who never answers", NOON - timedelta(hours=1))
    twice = count(database, "label_tasks WHERE coders = 2")
    assert 35 <= twice <= 85  # 60 expected, four deviations 26
    assert len(label_all(database, RANDOM, "ana", of=both)) == 200
    second = label_all(database, RANDOM, "ben", of=both)
    assert len(second) == twice and take(database, annotator="eve", of=both) is None
    assert count(database, "label_tasks WHERE NOT done") == 0
    seen = {field for task in second for field in task.__slots__}
    assert not seen & {"label", "model", "prediction", "sentiment", "scores", "annotators"}


def test_the_random_queue_is_uniform(database: Database) -> None:
    """In fifty minutes with forty posts each, ten of each minute are drawn: no place is drawn more often."""
    minutes, posts, most, ids = 50, 40, 10, Random(5)
    keys = [[uuid.UUID(int=ids.getrandbits(128)) for _ in range(posts)] for _ in range(minutes)]
    for minute, of_minute in enumerate(keys):
        write(database, *(replace(post(n, ingested=60 * minute + n), key=k) for n, k in enumerate(of_minute)))
    drawn = Counter[int]()
    with database.reading() as connection:
        for minute, of_minute in enumerate(keys):
            start = NOON + timedelta(minutes=minute)
            question = replace(RANDOM, start=start, end=start + timedelta(minutes=1))
            found = labels.chosen(connection, question, uuid.UUID(int=ids.getrandbits(128)), most)
            assert len(set(found)) == most
            drawn.update(of_minute.index(k) for k in found)
    expected = minutes * most / posts
    chi_square = sum((drawn[n] - expected) ** 2 / expected for n in range(posts)) / (1 - most / posts)
    assert 16.3 < chi_square < 72.1  # 39 degrees of freedom, one in a thousand on either side


def test_the_uncertain_come_first_and_fallbacks_and_labelled_ones_never(database: Database) -> None:
    write(
        database,
        (post(1, "sure"), reading((0.05, 0.05, 0.9))),
        (post(2, "torn"), reading((0.41, 0.19, 0.40))),
        (post(3, "unsure"), reading((0.3, 0.2, 0.5))),
        (post(4, "fallback"), reading((0.34, 0.33, 0.33), model="vader@1", fallback=True)),
        (post(5, "labelled"), reading((0.34, 0.33, 0.33))),
    )
    add(database, replace(NEW, content="labelled", post=key(5)))
    done = label_all(database, UNSURE)
    assert [task.content for task in done] == ["torn", "unsure", "sure"]
    assert {task.sampling_probability for task in done} == {None}


def test_where_two_versions_differ_most_comes_first(database: Database) -> None:
    write(
        database,
        *((post(n, f"text {n}"), reading((0.1, 0.2, 0.7))) for n in range(1, 5)),
    )
    others = {1: (0.2, 0.2, 0.6), 2: (0.5, 0.1, 0.4), 3: (0.9, 0.1, 0.0)}
    with database.transaction() as connection:
        registry.add_shadow_readings(
            connection, {key(n): reading(scores, model="minilm@2") for n, scores in others.items()}, NOON
        )
    assert [task.post for task in label_all(database, SPLIT)] == [key(3), key(2)]


def test_a_question_is_about_a_topic_and_a_time(database: Database) -> None:
    with database.transaction() as connection:
        topic = topics.create(connection, name="launch", any=["launch"]).topic.id
    write(database, *(post(n, "a launch" if n % 2 else "rain", ingested=60 * n) for n in range(1, 9)))

    def posts(question: Question) -> set[uuid.UUID]:
        return {task.post for task in label_all(database, question)}

    assert posts(replace(RANDOM, topic=topic)) == {key(n) for n in (1, 3, 5, 7)}
    span = Question(queue="random", start=NOON + timedelta(minutes=3), end=NOON + timedelta(minutes=6))
    assert posts(span) == {key(n) for n in (3, 4, 5)}
    assert (
        posts(replace(span, queue="uncertainty", topic=topic)) == set()
    )  # what was labelled is not uncertain any more


def test_an_erased_post_is_nobodys_task(database: Database) -> None:
    write(database, post(1), post(2, "other"))
    task = take(database)
    assert task is not None
    with database.transaction() as connection:
        erase.erase_posts(connection, [task.post], NOON)
    with pytest.raises(Conflict):
        say(database, task.id, "positive")
    assert [left.post for left in label_all(database, RANDOM)] == [key(3 - task.post.int)]
    assert count(database, "label_turns") == 1


def test_a_post_that_expired_can_no_longer_be_labelled(database: Database) -> None:
    from groundswell.store.retention import expire

    write(database, post(1))
    task = take(database)
    assert task is not None
    with database.transaction() as connection:
        expire(connection, NOON + timedelta(hours=1), 10)
    with pytest.raises(NotFound):
        say(database, task.id, "positive")
    assert take(database) is None


def test_what_annotators_say_is_compared_and_disputes_are_settled(database: Database) -> None:
    texts = {n: replace(NEW, content=f"text {n}", origin="random", emotion=3) for n in range(6)}
    said = {"ana": [0, 0, 1, 1, 2, 2], "ben": [0, 0, 1, 1, 2, 0]}
    for annotator, given in said.items():
        add(database, *(replace(texts[n], label=label, annotator=annotator) for n, label in enumerate(given)))
    add(database, replace(NEW, content="alone", annotator="eve"))

    def agreed() -> Concord:
        with database.reading() as connection:
            return concord(labels.said(connection))

    found = agreed()
    assert (found.texts, found.annotators) == (6, ("ana", "ben"))
    assert found.pairs[0].annotators == ("ana", "ben")
    assert found.pairs[0].kappa.value == pytest.approx(0.75)
    assert found.sentiment.value == pytest.approx(1 - 11 * 2 / 94)
    assert found.emotion.value is None and found.emotion.units == 6
    with database.transaction() as connection:
        (dispute,) = labels.disputed(connection, 10)
        assert (dispute.content, dispute.annotators, dispute.labels) == ("text 5", ["ana", "ben"], [2, 0])
        settled = labelling.adjudicate(
            connection, dispute.id, Verdict(label="neutral", annotator="eve"), NOON
        )
    assert (settled.content, settled.label, settled.adjudicates, settled.origin) == (
        "text 5",
        1,
        True,
        "random",
    )
    assert agreed() == found  # what they said stays said
    with database.reading() as connection:
        assert labels.disputed(connection, 10) == []
        assert labels.said(connection, origin="live") == []
