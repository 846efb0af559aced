"""Feedback in the store: which of it holds, and what goes with an erased post."""

from dataclasses import replace

import pytest
from tests.integration.store.samples import ANA, NOON, count, key, post, rows, write

from groundswell.core.errors import NotFound
from groundswell.store import erase, feedback
from groundswell.store.database import Database
from groundswell.store.feedback import FeedbackQuery, NewFeedback

NEW = NewFeedback(content="what a launch", label=2, held_out=False, origin="api", created_at=NOON)


def add(database: Database, *items: NewFeedback) -> list[int]:
    with database.transaction() as connection:
        return [feedback.add(connection, item) for item in items]


def current(database: Database, after_id: int = 0) -> list[tuple[int, str, int]]:
    with database.reading() as connection:
        held = feedback.current(connection, after_id=after_id)
        assert feedback.count_new(connection, after_id=after_id) == len(held)
        return [(item.id, item.content, item.label) for item in held]


def test_everything_said_of_a_text_is_kept(database: Database) -> None:
    new = replace(
        NEW, emotion=3, post=key(1), model="minilm@1", prediction=0, annotator="ana", sampling_probability=0.5
    )
    (id_,) = add(database, new)
    with database.reading() as connection:
        (item,), total = feedback.page(connection, FeedbackQuery())
    kept = {name: getattr(item, name) for name in NewFeedback.__dataclass_fields__ if name != "task"}
    assert kept == {name: getattr(new, name) for name in kept}
    assert (item.id, item.superseded, total) == (id_, False, 1)


def test_the_newest_label_of_a_text_holds(database: Database) -> None:
    first, second, other = add(
        database, NEW, replace(NEW, content=" what a  launch ", label=0), replace(NEW, content="another")
    )
    assert current(database) == [(second, " what a  launch ", 0), (other, "another", 2)]
    assert current(database, second) == [(other, "another", 2)]
    assert rows(database, "SELECT id, superseded FROM feedback ORDER BY id") == [
        (first, True),
        (second, False),
        (other, False),
    ]


def test_annotators_do_not_replace_one_another(database: Database) -> None:
    add(database, replace(NEW, annotator="ana"), replace(NEW, annotator="ben", label=0))
    assert count(database, "feedback WHERE NOT superseded") == 2
    assert [label for *_, label in current(database)] == [0]


def test_an_adjudication_holds_whoever_labels_later(database: Database) -> None:
    ana, ben = replace(NEW, annotator="ana"), replace(NEW, annotator="ben", label=0)
    ids = add(database, ana, ben, replace(NEW, annotator="eve", label=1, adjudicates=True), ana)
    assert current(database) == [(ids[2], "what a launch", 1)]
    add(database, replace(NEW, annotator="eve", label=2, adjudicates=True))
    assert [label for *_, label in current(database)] == [2]


def test_the_same_word_again_is_known(database: Database) -> None:
    ana = replace(NEW, annotator="ana", emotion=3)
    add(database, ana)
    with database.reading() as connection:
        assert feedback.is_known(connection, ana)
        for other in (
            replace(ana, label=0),
            replace(ana, emotion=None),
            replace(ana, annotator=None),
            replace(ana, content="another"),
        ):
            assert not feedback.is_known(connection, other)


def test_items_are_listed_newest_first(database: Database) -> None:
    a, b, c = add(
        database, NEW, replace(NEW, label=0, origin="live"), replace(NEW, content="c", annotator="ana")
    )

    def page(query: FeedbackQuery) -> tuple[list[int], int]:
        with database.reading() as connection:
            items, total = feedback.page(connection, query)
        return [item.id for item in items], total

    assert page(FeedbackQuery()) == ([c, b], 2)
    assert page(FeedbackQuery(superseded=True)) == ([c, b, a], 3)
    assert page(FeedbackQuery(superseded=True, limit=1, offset=1)) == ([b], 3)
    assert page(FeedbackQuery(superseded=True, before=b)) == ([a], 3)
    assert page(FeedbackQuery(origin="live")) == ([b], 1)
    assert page(FeedbackQuery(annotator="ana")) == ([c], 1)


def test_a_post_is_quoted_as_it_is_stored(database: Database) -> None:
    write(database, post(1))
    with database.transaction() as connection:
        found = feedback.post(connection, key(1))
        assert (found.content, found.model, found.sentiment, found.fallback) == (
            "what a launch",
            "minilm@1",
            2,
            False,
        )
        with pytest.raises(NotFound):
            feedback.post(connection, key(2))


def test_what_was_said_of_an_erased_post_goes_with_it(database: Database) -> None:
    write(database, post(1), post(2, author=ANA))
    add(
        database,
        replace(NEW, post=key(1)),
        replace(NEW, post=key(2), annotator="ana"),
        replace(NEW, content="c"),
    )
    with database.transaction() as connection:
        erase.erase_posts(connection, [key(1)], NOON)
    assert count(database, "feedback") == 2
    with database.transaction() as connection:
        erase.erase_author(connection, ANA, NOON)
    assert [content for _, content, _ in current(database)] == ["c"]
