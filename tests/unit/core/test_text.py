"""Normalising: what is rewritten, what stays, and the way back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.core.text import fingerprint, normalise, normalise_with_offsets

CASES = [
    # accounts and links
    ("@JohnDoe hi", "@user hi"),
    ("mail me@example.org", "mail me@example.org"),
    ("see https://t.co/AbC now", "see http now"),
    ("www.example.org/x", "http"),
    # entities, once and twice escaped
    ("fish &amp; chips &lt;3", "fish & chips <3"),
    ("a &amp;amp; b", "a & b"),
    ("&nosuch; stays", "&nosuch; stays"),
    ("\\u2019s", "\u2019s"),
    # repeated letters and signs
    ("Soooo goooood", "Soo good"),
    ("AAAaaa", "AA"),
    ("wow!!!!!!", "wow!!!"),
    ("what?!?!", "what?!?!"),
    ("1000000", "1000000"),
    # hashtags
    ("#TeamUSA #so_good #plain", "#Team USA #so good #plain"),
    # emoji
    ("\U0001f602\U0001f602\U0001f602", "laughing tears of joy"),
    ("ok\U0001f44d\U0001f3fd", "ok thumbs up"),
    ("\u2764\ufe0f", "heart"),
    ("\U0001f1fa\U0001f1f8", ""),
    # space and what cannot be seen
    ("  a\t\n b\x00 ", "a b"),
    ("a\u200bb", "ab"),
    ("x\ud83d", "x"),
    ('he said ""hi""', 'he said "hi"'),
    ("", ""),
    # other scripts stay
    ("привет 世界", "привет 世界"),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=ascii)
def test_cases(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "word", "original"),
    [
        ("Hello @JohnDoe", "@user", "@JohnDoe"),
        ("  so &amp; so", "&", "&amp;"),
        ("a \U0001f602\U0001f602 b", "tears", "\U0001f602\U0001f602"),
        ("#TeamUSA won", "USA", "#TeamUSA"),
        ("plain words here", "words", "words"),
        ("Soooo good", "good", "good"),
    ],
)
def test_a_word_leads_back_to_where_it_came_from(text: str, word: str, original: str) -> None:
    normal = normalise_with_offsets(text)
    at = normal.text.index(word)
    start, end = normal.original(at, at + len(word))
    assert text[start:end] == original


def test_nothing_comes_from_nowhere() -> None:
    assert normalise_with_offsets("").original(0, 0) == (0, 0)


@given(st.text())
def test_both_ways_of_normalising_agree_and_every_span_lies_in_the_text(text: str) -> None:
    normal = normalise_with_offsets(text)
    assert normal.text == normalise(text)
    for at in range(len(normal.text)):
        start, end = normal.original(at, at + 1)
        assert 0 <= start < end <= len(text)


@given(st.text(alphabet="abc @#&;!\U0001f602http://", max_size=40))
def test_spans_never_run_backwards(text: str) -> None:
    normal = normalise_with_offsets(text)
    starts = [normal.original(at, at + 1)[0] for at in range(len(normal.text))]
    assert starts == sorted(starts)


def test_texts_that_models_read_as_the_same_have_one_fingerprint() -> None:
    assert fingerprint("so  gooood @ana") == fingerprint(" so good @ben") != fingerprint("so bad @ben")
    assert len(fingerprint("")) == 16
