"""The rules of the door, as a table of cases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundswell.core.door import Rules, check
from groundswell.core.errors import InvalidInput
from groundswell.core.identity import post_key, pseudonym
from groundswell.core.incoming import RawDeletion, RawErasure, RawPost
from groundswell.core.post import AuthorErasure, Deletion, Post
from groundswell.stream.entry import FIELD_NAMES, decode, encode

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
RULES = Rules(secret=b"a secret of the tests", content_characters=100)
GOOD = {"post_id": "reddit_123", "source": "reddit", "content": "This is amazing!"}
HALF = "half \ud83d of a smile"


def admitted(**fields: Any) -> Post:
    event = check(RawPost(fields={**GOOD, **fields}), NOW, RULES)
    assert isinstance(event, Post)
    return event


def refusal(fields: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        check(RawPost(fields=fields), NOW, RULES)
    return caught.value


def test_a_bare_post_is_keyed_and_stamped() -> None:
    post = admitted()
    assert post.key == post_key(RULES.secret, "reddit", "reddit_123")
    assert (post.post_id, post.source, post.content) == ("reddit_123", "reddit", "This is amazing!")
    assert post.created_at == post.ingested_at == NOW and not post.created_clamped
    assert (post.author, post.url, post.lang, post.revision, post.meta) == (None, None, None, 0, {})


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"post_id": None}, "post_id", "missing"),
        ({"post_id": ""}, "post_id", "empty"),
        ({"post_id": " \n"}, "post_id", "empty"),
        ({"post_id": "x" * 513}, "post_id", "513 characters"),
        ({"post_id": True}, "post_id", "must be a text"),
        ({"post_id": 10**40}, "post_id", "characters"),
        ({"post_id": "a\0b"}, "post_id", "NUL"),
        ({"source": ""}, "source", "empty"),
        ({"source": "red\ndit"}, "source", "printable"),
        ({"source": " reddit"}, "source", "spaces"),
        ({"source": "x" * 65}, "source", "65 characters"),
        ({"content": None}, "content", "missing"),
        ({"content": "\t"}, "content", "empty"),
        ({"content": 7}, "content", "must be a text"),
        ({"content": ["a"]}, "content", "must be a text"),
        ({"content": "x" * 101}, "content", "101 characters; at most 100"),
        ({"content": "a\0b"}, "content", "NUL"),
        ({"content": HALF}, "content", "surrogate"),
        ({"author": HALF}, "author", "surrogate"),
        ({"author": {"name": "ana"}}, "author", "must be a text"),
        ({"url": "javascript:alert(1)"}, "url", "https://"),
        ({"url": "https://example.org/a b"}, "url", "spaces"),
        ({"url": "https://example.org/" + "x" * 2048}, "url", "characters"),
        ({"lang": "not a tag"}, "lang", "language tag"),
        ({"lang": 3}, "lang", "language tag"),
        ({"revision": -1}, "revision", "whole number"),
        ({"revision": 2**31}, "revision", "whole number"),
        ({"revision": 1.5}, "revision", "whole number"),
        ({"revision": True}, "revision", "whole number"),
        ({"created_at": "yesterday"}, "created_at", "date and time"),
        ({"created_at": "1969-12-31T23:59:59Z"}, "created_at", "before 1970"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at", "date and time"),
        ({"created_at": float("nan")}, "created_at", "date and time"),
        ({"created_at": 1e300}, "created_at", "date and time"),
        ({"created_at": True}, "created_at", "date and time"),
        ({"meta": [1]}, "meta", "JSON object"),
        ({"meta": {"a": "x" * 4096}}, "meta", "bytes"),
        ({"meta": {"a": object()}}, "meta", "not valid JSON"),
        ({"meta": {"a": HALF}}, "meta", "not valid JSON"),
        ({"meta": {"a": ["deep", {"b": "a\0b"}]}}, "meta", "NUL"),
        ({"meta": {"a\0b": 1}}, "meta", "NUL"),
        ({"contents": "x"}, "contents", "did you mean content?"),
        ({"favourites": 3}, "favourites", "meta"),
        ({"nul\0": 3}, "nul?", "no field"),
    ],
)
def test_what_is_refused_is_refused_in_one_sentence(fields: dict[str, Any], field: str, words: str) -> None:
    error = refusal({**GOOD, **fields})
    assert words in error.message
    assert error.message.endswith((".", "?")) and "\n" not in error.message and error.message.isascii()
    assert error.details["parameter"] == field
    assert "smile" not in error.message


@pytest.mark.parametrize(
    ("claim", "moment"),
    [
        ("2026-11-21T08:00:00Z", NOW - timedelta(minutes=150)),
        ("2026-11-21T10:00:00+02:00", NOW - timedelta(minutes=150)),
        ("2026-11-21T08:00:00", NOW - timedelta(minutes=150)),
        ("2026-11-21", NOW.replace(hour=0, minute=0)),
        (datetime(2026, 11, 21, 8, 0), NOW - timedelta(minutes=150)),  # noqa: DTZ001 - naive on purpose
        (NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_700_000_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("", NOW),
        (None, NOW),
    ],
)
def test_created_at_is_read_in_utc(claim: object, moment: datetime) -> None:
    post = admitted(created_at=claim)
    assert post.created_at == moment and post.created_at.utcoffset() == timedelta(0)
    assert not post.created_clamped


def test_a_date_in_the_future_is_clamped_and_flagged() -> None:
    post = admitted(created_at="2027-01-01T00:00:00Z")
    assert post.created_at == NOW and post.created_clamped


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("en", "en"),
        ("pt_BR", "pt-br"),
        (" ZH-Hant ", "zh-hant"),
        ("und", None),
        ("qme", None),
        ("", None),
        (None, None),
    ],
)
def test_the_language_is_normalised(given: str | None, kept: str | None) -> None:
    assert admitted(lang=given).lang == kept


def test_an_author_is_a_pseudonym_before_anyone_sees_the_name() -> None:
    post = admitted(author="@ana.k", post_id="42", url="https://social.example/@Ana.K/42?by=ana.k")
    name = pseudonym(RULES.secret, "@ana.k")
    assert post.author == name
    assert post.url == f"https://social.example/@{name}/42?by={name}"
    assert post.key == post_key(RULES.secret, "reddit", "42")


def test_an_id_that_names_its_author_is_pseudonymised_but_keyed_as_it_was() -> None:
    uri = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3k43tv4rft22g"
    post = admitted(post_id=uri, source="bluesky", author="did:plc:z72i7hdynmk6r22z27h6tvur")
    assert post.post_id == f"at://{post.author}/app.bsky.feed.post/3k43tv4rft22g"
    deletion = check(RawDeletion(source="bluesky", post_id=uri), NOW, RULES)
    assert isinstance(deletion, Deletion) and deletion.key == post.key


def test_an_author_that_happens_to_be_part_of_a_word_leaves_an_id_alone() -> None:
    assert admitted(author="red", post_id="redwood_7").post_id == "redwood_7"


def test_ids_may_be_numbers() -> None:
    assert admitted(post_id=42, author=7).post_id == "42"


def test_an_erasure_names_a_pseudonym_however_the_author_is_named() -> None:
    by_name = check(RawErasure(author="ana"), NOW, RULES)
    by_pseudonym = check(RawErasure(author=pseudonym(RULES.secret, "ana")), NOW, RULES)
    assert isinstance(by_name, AuthorErasure) and by_name == by_pseudonym


ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first run tabulates Unicode
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "author", "created_at", "url", "lang", "revision", "meta"]), ANYTHING
    )
)
def test_whatever_comes_is_refused_or_survives_the_stream(fields: dict[str, Any]) -> None:
    """Nothing but `InvalidInput` leaves the door, and what passes can be written, read and stored."""
    try:
        post = check(RawPost(fields={**GOOD, **fields}), NOW, RULES)
    except InvalidInput:
        return
    assert isinstance(post, Post)
    again = decode(dict(zip(FIELD_NAMES, encode(post), strict=True)))
    assert again == post
    for text in (post.post_id, post.source, post.content, post.author or "", post.url or ""):
        assert "\0" not in text and text.encode().decode() == text
    assert post.created_at <= post.ingested_at
