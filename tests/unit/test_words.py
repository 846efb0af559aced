"""The words of `core`: scores, keys, topics."""

from hypothesis import given
from hypothesis import strategies as st

from groundswell.core.identity import post_key, pseudonym
from groundswell.core.mood import SCORE_UNIT, Reading, score_units
from groundswell.core.topic import Topic

SECRET = b"a secret of the tests"


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_stored_scores_sum_exactly_and_keep_the_label(raw: list[float]) -> None:
    total = sum(raw)
    scores = (raw[0] / total, raw[1] / total, raw[2] / total)
    units = score_units(scores)
    assert sum(units) == SCORE_UNIT
    assert units[scores.index(max(scores))] == max(units)


def test_a_reading_names_its_largest_scores() -> None:
    reading = Reading(scores=(0.2, 0.3, 0.5), emotions=(0, 0, 0, 0.9, 0.3, 0, 0), model_used="m@1")
    assert (reading.sentiment, reading.confidence, reading.emotion) == ("positive", 0.5, "joy")


def test_keys_differ_where_source_and_id_are_cut_differently() -> None:
    assert post_key(SECRET, "ab", "c") != post_key(SECRET, "a", "bc")
    assert post_key(SECRET, "a", "b") == post_key(SECRET, "a", "b")
    assert post_key(SECRET, "a", "b") != post_key(b"another", "a", "b")
    assert post_key(SECRET, "a", "b").version == 8


def test_a_pseudonym_is_stable_and_its_own_pseudonym() -> None:
    name = pseudonym(SECRET, "ana")
    assert name.startswith("a:") and "ana" not in name[2:]
    assert pseudonym(SECRET, name) == name


def test_topics_match_words_phrases_and_hashtags_whole() -> None:
    topic = Topic(id=1, name="launch", any=("launch", "lift off"), none=("rehearsal",))
    assert topic.matches("The LAUNCH is near")
    assert topic.matches("so much for #Launch")
    assert topic.matches("lift\noff!")
    assert not topic.matches("launching soon")
    assert not topic.matches("launch rehearsal")
    assert not Topic(id=2, name="empty").matches("anything")
    both = Topic(id=3, name="both", all=("red", "blue"))
    assert both.matches("blue and red") and not both.matches("red only")
