"""What Bluesky's frames mean, in either wire, and what is made of those that mean nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from tests.jetstream import Jetstream
from tests.jetstream_events import GOLDEN_V1

from groundswell.core.clock import ManualClock
from groundswell.core.door import Rules, check
from groundswell.core.errors import BadSource, NotBuiltYet
from groundswell.core.incoming import RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.core.post import Post
from groundswell.sources.bluesky_frames import Clamped, Frame, read
from groundswell.sources.bluesky_place import Place, decode, server
from groundswell.sources.bluesky_posts import Wanted, event
from groundswell.sources.spec import SourceOptions, open_source

DID = "did:plc:q235v55g5unth4zjjdpacfdr"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ALL = Wanted()


def meant(frame: str, wire: Any = "v1", wanted: Wanted = ALL) -> RawEvent | None:
    found = read(frame.encode(), wire)
    assert isinstance(found, Frame)
    return event(found, wanted)


def frame(operation: str = "create", **changes: Any) -> str:
    found = json.loads(GOLDEN_V1)
    found["commit"]["operation"] = operation
    found["commit"]["rev"] = changes.pop("rev", found["commit"]["rev"])
    if operation == "delete":
        del found["commit"]["record"]
    else:
        found["commit"]["record"] |= changes
    return json.dumps(found)


def fields(frame: str, wanted: Wanted = ALL) -> dict[str, Any]:
    found = meant(frame, wanted=wanted)
    assert isinstance(found, RawPost)
    return dict(found.fields)


def test_a_real_post() -> None:
    assert fields(GOLDEN_V1) == {
        "post_id": f"at://{DID}/app.bsky.feed.post/3mmoojp4cd223",
        "source": "bluesky",
        "content": "Try RSV for a good time !!",
        "author": DID,
        "created_at": datetime(2026, 5, 25, 14, 23, 28, 757000, tzinfo=UTC),
        "lang": "en",
        "revision": 0,
        "meta": {"reply": True},
    }


def test_both_wires_mean_the_same() -> None:
    network = Jetstream()
    network.post(1, "wonderful")
    network.post(1, "less so", operation="update")
    network.post(1, operation="delete")
    network.account("did:plc:gone")
    for happening in network.happenings:
        assert meant(happening.v1(), "v1") == meant(happening.v2(), "v2") is not None


def test_nobody_is_named_behind_the_door() -> None:
    found = check(RawPost(fields=fields(GOLDEN_V1)), NOW, Rules(secret=b"s"))
    assert isinstance(found, Post) and found.author is not None
    assert "did:" not in repr(found) and found.author in found.post_id


def test_a_deletion_and_an_erasure_reach_what_was_posted() -> None:
    rules = Rules(secret=b"s")
    post, deletion = (meant(frame(operation)) for operation in ("create", "delete"))
    gone = meant(json.dumps({"did": DID, "time_us": 1, "kind": "account",
                             "account": {"active": False, "did": DID, "status": "deleted"}}))  # fmt: skip
    assert isinstance(post, RawPost) and isinstance(deletion, RawDeletion) and isinstance(gone, RawErasure)
    stored: Any = check(post, NOW, rules)
    deleted: Any = check(deletion, NOW, rules)
    erased: Any = check(gone, NOW, rules)
    assert (stored.key, stored.author) == (deleted.key, erased.author)


@pytest.mark.parametrize("status", ["takendown", "suspended", "deactivated", None])
def test_an_account_that_may_come_back_is_not_erased(status: str | None) -> None:
    account = {"active": False, "did": DID, "status": status}
    assert meant(json.dumps({"did": DID, "time_us": 1, "kind": "account", "account": account})) is None


def test_later_edits_have_higher_revisions_in_whatever_order_they_come() -> None:
    revs = ["3mmoojpaqkn2z", "3mmoojqaqkn2z", "3mmooksaqkn2z", "3mmpooaaqkn2z"]
    revisions = [fields(frame("update", rev=rev))["revision"] for rev in revs]
    assert revisions == sorted(set(revisions)) and revisions[0] > 0
    assert fields(frame("update", rev="?"))["revision"] > 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"langs": ["pt-BR", "en"]}, {"lang": "pt-BR"}),
        ({"langs": ["not a language!"]}, {"lang": None}),
        ({"langs": "en"}, {"lang": None}),
        ({"langs": None}, {"lang": None}),
        ({"createdAt": "whenever"}, {"created_at": None}),
        ({"createdAt": "1492-10-12T00:00:00Z"}, {"created_at": None}),
        ({"createdAt": 17}, {"created_at": None}),
        ({"createdAt": "2099-01-01T00:00:00Z"}, {"created_at": datetime(2099, 1, 1, tzinfo=UTC)}),
        ({"text": "a\0b"}, {"content": "a b"}),
        ({"reply": None}, {"meta": {}}),
    ],
)
def test_what_a_client_claims_never_keeps_a_post_out(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = fields(frame(**changes))
    assert {name: found[name] for name in expected} == expected
    check(RawPost(fields=found), NOW, Rules(secret=b"s"))


@pytest.mark.parametrize("text", ["", "  \n", "\0", None, 17])
def test_a_post_without_words_is_none_and_an_edit_to_it_deletes(text: object) -> None:
    assert meant(frame(text=text)) is None
    assert isinstance(meant(frame("update", text=text)), RawDeletion)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (Wanted(terms=("rsv",)), True),
        (Wanted(terms=("good time",)), True),
        (Wanted(terms=("RS",)), False),
        (Wanted(languages=("en",)), True),
        (Wanted(languages=("de",)), False),
        (Wanted(terms=("rsv",), languages=("de",)), False),
    ],
)
def test_terms_and_languages(wanted: Wanted, kept: bool) -> None:
    assert (meant(GOLDEN_V1, wanted=wanted) is not None) == kept
    assert isinstance(meant(frame("update"), wanted=wanted), RawPost if kept else RawDeletion)
    assert isinstance(meant(frame("delete"), wanted=wanted), RawDeletion)


def test_a_dialect_counts_as_its_language() -> None:
    assert meant(frame(langs=["en-GB"]), wanted=Wanted(languages=("en",))) is not None
    assert meant(frame(langs=["eng"]), wanted=Wanted(languages=("en",))) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", '"x"', "12", '{"kind":"commit"}', '{"did":1,"time_us":"x","kind":"commit"}',
        '{"did":"d","time_us":1,"kind":"commit","commit":{"collection":"app.bsky.feed.like"}}',
        '{"$type":"message"}', '{"$type":"message","payload":null}',
        '{"$type":"message","payload":{"$type":"x#commit"}}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_passed_over(text: str) -> None:
    for wire in ("v1", "v2"):
        found = read(text.encode(), wire)
        assert not isinstance(found, Frame) or event(found, ALL) is None


def test_a_closing_server_says_why() -> None:
    with pytest.raises(BadSource, match="ConsumerTooSlow"):
        read(b'{"$type":"error","error":"ConsumerTooSlow","message":"behind"}', "v2")


def test_a_clamped_cursor_is_told() -> None:
    info = b'{"$type":"message","payload":{"$type":"x#info","name":"OutdatedCursor"}}'
    assert isinstance(read(info, "v2"), Clamped)


def test_a_cursor_says_where_it_is_from() -> None:
    place = Place(wire="v2", host="a.example", seq=7, time_us=9)
    assert decode(place.encode()) == place
    for other in (None, "", "7", "v3 a 1 2", "v1 a x 2", "v1 a 1 99999999999999999999"):
        assert decode(other) is None


@pytest.mark.parametrize(
    "url", ["https://a/subscribe", "wss://a", "wss://a/other", "a.example", "wss:///subscribe"]
)
def test_an_address_that_is_no_jetstream_is_refused(url: str) -> None:
    with pytest.raises(BadSource, match="no address of a Jetstream"):
        server(url)


def test_a_spec_names_terms() -> None:
    source = open_source("bluesky:launch, lift off", SourceOptions(), clock=ManualClock(NOW), stop=Event())
    assert source.describe().name == "bluesky:launch, lift off"
    assert "about launch, lift off" in source.describe().sentence and not source.describe().finite


def test_a_rate_is_refused_and_later_sources_say_so() -> None:
    with pytest.raises(BadSource, match="not for bluesky"):
        open_source("bluesky", SourceOptions(rate=3), clock=ManualClock(NOW), stop=Event())
    with pytest.raises(NotBuiltYet, match="bluesky"):
        open_source("mastodon:a/#b", SourceOptions(), clock=ManualClock(NOW), stop=Event())
