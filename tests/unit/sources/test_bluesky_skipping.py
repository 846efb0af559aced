"""Skipping frames without parsing them changes nothing: whatever is wanted is told, however JSON spells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from tests.jetstream import Jetstream

from groundswell.core.clock import ManualClock
from groundswell.core.errors import BadSource
from groundswell.core.incoming import RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.sources import bluesky
from groundswell.sources.bluesky_frames import Clamped, is_elsewhere, read
from groundswell.sources.bluesky_place import Place, decode, server
from groundswell.sources.port import Batch

PATHS = {"v1": "/subscribe", "v2": "/xrpc/network.bsky.jetstream.subscribeEvents"}
LIKE = {"$type": "app.bsky.feed.like", "subject": {"uri": "at://did:plc:x/app.bsky.feed.post/3k", "cid": "b"}}


def reversed_keys(value: Any) -> Any:
    return {k: reversed_keys(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value


def escaped(value: Any) -> str:
    """Spell every letter of every string and key by its number."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{escaped(key)}:{escaped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(escaped, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\u{ord(letter):04x}" for letter in value) + '"'
    return json.dumps(value)


def one_letter_escaped(value: Any) -> str:
    compact = json.dumps(value, separators=(",", ":"))
    for word in ("app.bsky.feed.post", "account", "error", "info"):
        compact = compact.replace(f'{word}"', f'{word[:-1]}\\u{ord(word[-1]):04x}"')
    return compact


SPELLINGS: dict[str, Callable[[Any], str]] = {
    "compact": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "spaces": json.dumps,
    "lines": lambda value: json.dumps(value, indent="\t"),
    "keys in reverse": lambda value: json.dumps(reversed_keys(value), separators=(",", ":")),
    "one letter escaped": one_letter_escaped,
    "every letter escaped": escaped,
}


def network() -> Jetstream:
    """A network in which everything happens that is wanted, and much that is not in between."""
    made = Jetstream()
    happen: Sequence[Callable[[], object]] = (
        lambda: made.post(1, 'wonderful "kind":"commit" 雪'),
        lambda: made.post(1, "less so", operation="update"),
        lambda: made.post(2, "soon gone"),
        lambda: made.post(2, operation="delete"),
        lambda: made.account("did:plc:gone"),
        lambda: made.account("did:plc:back", active=True, status="active"),
        lambda: made.tell("identity", "did:plc:x", {"did": "did:plc:x", "handle": "a.example", "seq": 1}),
        lambda: made.post(3, " "),
        lambda: made.post(3, " ", operation="update"),
    )
    for number, event in enumerate(happen):
        react(made, number)
        event()
    react(made, 99)
    return made


def react(made: Jetstream, number: int) -> None:
    commit = {"rev": "r", "operation": "create", "collection": LIKE["$type"], "rkey": f"l{number}"}
    made.tell("commit", "did:plc:reader", commit | {"record": LIKE, "cid": "b"})
    del commit["rkey"]
    made.tell("commit", "did:plc:reader", commit | {"operation": "delete", "rkey": "k"})


class Frames:
    """A connection that has these frames and then ends."""

    def __init__(self, frames: Sequence[str]) -> None:
        self._frames = [frame.encode() for frame in frames]

    def receive(self, seconds: float, most: int) -> Sequence[bytes]:
        del seconds
        given, self._frames = self._frames[:most], self._frames[most:]
        if not given:
            raise BadSource("It ends.")
        return given

    def close(self) -> None:
        pass


def heard(
    frames: Sequence[str], wire: str, monkeypatch: pytest.MonkeyPatch, *, most: int = 512
) -> tuple[list[RawEvent], Place]:
    """Return what a source tells of `frames`, and where it is behind them."""
    monkeypatch.setattr(bluesky, "Connection", lambda *_, **__: Frames(frames))
    monkeypatch.setattr(bluesky, "fetch_dictionary", lambda _: None)
    options = bluesky.BlueskyOptions(servers=(server(f"ws://a.example{PATHS[wire]}"),), most=most)
    clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
    batches = bluesky.BlueskySource(options, clock=clock, stop=Event()).batches(None)
    told: list[Batch] = []
    with pytest.raises(BadSource, match="It ends"):
        told.extend(batches)  # keeps what came before the end
    place = decode(told[-1].cursor)
    assert place is not None and max(len(batch.events) for batch in told) <= most
    return [event for batch in told for event in batch.events], place


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("most", [3, 512])
def test_whatever_is_wanted_is_told_in_order(
    wire: str, spelling: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    happenings = network().happenings
    frames = [SPELLINGS[spelling](json.loads(getattr(happening, wire)())) for happening in happenings]
    events, place = heard(frames, wire, monkeypatch, most=most)
    assert [type(event) for event in events] == [
        RawPost, RawPost, RawPost, RawDeletion, RawErasure, RawDeletion
    ]  # fmt: skip
    monkeypatch.setattr(bluesky, "is_elsewhere", lambda _: False)
    assert (events, place) == heard(frames, wire, monkeypatch, most=most), "as if every frame were parsed"


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("behind", [0, 1, 2, 9])
def test_the_cursor_moves_behind_what_is_skipped(
    wire: str, behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Jetstream()
    made.post(1)
    for number in range(behind):
        react(made, number)
    made.tell("identity", "did:plc:x", {"did": "did:plc:x", "seq": 1})
    last = made.happenings[-1]
    _, place = heard([getattr(happening, wire)() for happening in made.happenings], wire, monkeypatch)
    assert (place.time_us, place.seq) == (last.time_us, last.seq if wire == "v2" else last.time_us)


def test_a_skipped_frame_that_cannot_be_read_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Jetstream()
    made.post(1)
    events, place = heard([made.happenings[0].v1(), '{"did":"x","time_us":9, broken'], "v1", monkeypatch)
    assert len(events) == 1 and place.time_us == made.happenings[0].time_us


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_the_server_itself_says_is_heard(spelling: str) -> None:
    closing = {"$type": "error", "error": "ConsumerTooSlow", "message": "you are behind"}
    info = {"$type": "message", "payload": {"$type": "x#info", "name": "OutdatedCursor"}}
    said, clamped = (SPELLINGS[spelling](frame).encode() for frame in (closing, info))
    assert not is_elsewhere(said) and not is_elsewhere(clamped)
    assert isinstance(read(clamped, "v2"), Clamped)
    with pytest.raises(BadSource, match="ConsumerTooSlow"):
        read(said, "v2")


@pytest.mark.parametrize("wire", PATHS)
def test_likes_are_not_even_parsed(wire: str) -> None:
    made = Jetstream()
    react(made, 1)
    for happening in made.happenings:
        assert is_elsewhere(getattr(happening, wire)().encode())
