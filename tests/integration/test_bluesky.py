"""Every fault of Jetstream, on both wires: no post lost or doubled, and gaps are said."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson
import pytest
from tests.jetstream import DICTIONARY, V1, V2, Faults, Jetstream
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadSource
from groundswell.core.incoming import Gap, RawEvent, RawPost
from groundswell.sources import bluesky_wire
from groundswell.sources.bluesky import REWIND_US, BlueskyOptions, BlueskySource
from groundswell.sources.bluesky_place import server

WIRES = ("v1", "v2")


@dataclass
class Listener:
    """Reads a source as the pump does: opened again behind the last cursor whenever it fails."""

    urls: list[str]
    stall_seconds: float = 60.0
    cursor: str | None = None
    events: list[RawEvent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def until(self, done: Callable[[], bool], seconds: float = 100) -> None:
        """Read until `done`; what a real process does when it restarts is what calling this again does."""
        stop, deadline = threading.Event(), time.monotonic() + seconds
        source = BlueskySource(
            BlueskyOptions(
                servers=tuple(map(server, self.urls)),
                stall_seconds=self.stall_seconds,
                most=9,
                slice_seconds=0.05,
            ),
            clock=SystemClock(),
            stop=stop,
        )
        while not done():
            assert time.monotonic() < deadline, (self.failures, len(self.events))
            batches = source.batches(self.cursor)
            try:
                for batch in batches:
                    self.events += batch.events
                    self.cursor = batch.cursor
                    if done() or time.monotonic() > deadline:
                        break
            except BadSource as error:
                self.failures.append(str(error))
            finally:
                batches.close()  # type: ignore[attr-defined]

    def until_told(self, number: int) -> None:
        """Read until so many different posts were told."""
        self.until(lambda: len(self.texts()) >= number)

    def texts(self) -> Counter[str]:
        return Counter(str(e.fields["content"]) for e in self.events if isinstance(e, RawPost))

    def gaps(self) -> list[Gap]:
        return [event for event in self.events if isinstance(event, Gap)]


def network(posts: int = 40, **facts: Any) -> Jetstream:
    made = Jetstream(**facts)
    for number in range(posts):
        made.post(number)
    return made


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def jetstream() -> Iterator[Jetstream]:
    with network().running(ping_interval=0.2) as serving:
        yield serving


def each_once(listener: Listener, posts: int = 40) -> bool:
    return listener.texts() == Counter(f"post {number}" for number in range(posts))


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (Faults(starting=2), "still starting"),
        (Faults(abort_after=10, times=3), "closed the connection"),
        (Faults(stall_after=10, times=2), "sent nothing"),
    ],
    ids=["503 while it boots", "1006", "silent stall"],
)
def test_a_failure_is_survived(jetstream: Jetstream, wire: str, faults: Faults, says: str) -> None:
    jetstream.faults = replace(faults)
    listener = Listener([getattr(jetstream, wire)], stall_seconds=0.4)
    listener.until_told(40)
    assert each_once(listener) and not listener.gaps()
    assert any(says in failure for failure in listener.failures)


@pytest.mark.parametrize(
    "faults",
    [Faults(malformed=frozenset({3, 17})), Faults(twice=frozenset({1, 20, 40}))],
    ids=["a line that is no JSON", "delivered twice"],
)
def test_what_is_odd_is_passed_over(jetstream: Jetstream, wire: str, faults: Faults) -> None:
    jetstream.faults = replace(faults)
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(40)
    assert each_once(listener) and not listener.failures


def test_too_slow_is_said_and_reading_goes_on(jetstream: Jetstream) -> None:
    jetstream.faults = Faults(too_slow_after=10)
    listener = Listener([jetstream.v2])
    listener.until_told(40)
    assert each_once(listener) and "ConsumerTooSlow" in listener.failures[0]


def test_resumes_where_it_was_left_even_when_it_was_away_for_long(jetstream: Jetstream, wire: str) -> None:
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(40)
    for number in range(40, 60):
        jetstream.post(number)
    listener.until_told(60)
    assert each_once(listener, 60) and not listener.gaps()


def test_what_the_server_no_longer_has_is_a_gap(jetstream: Jetstream, wire: str) -> None:
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(40)
    for number in range(40, 80):
        jetstream.post(number, seconds=60)
    jetstream.faults = Faults(oldest=70)
    listener.until_told(50)
    (gap,) = listener.gaps()
    assert 29 * 60 < (gap.end - gap.start).total_seconds() < 32 * 60 and gap.source == "bluesky"
    assert "no longer had" in gap.reason
    assert set(listener.texts()) == {f"post {n}" for n in (*range(40), *range(70, 80))}


def test_the_next_server_has_its_turn_and_begins_a_little_earlier(jetstream: Jetstream, wire: str) -> None:
    """The other server numbers its events differently: only time leads from one to the other."""
    with network(posts=60, first_seq=5_000).running() as other:
        jetstream.faults = Faults(abort_after=25, times=99)
        listener = Listener([getattr(jetstream, wire), getattr(other, wire)])
        listener.until_told(60)
        assert each_once(listener, 60) and not listener.gaps()
        left_at = jetstream.happenings[24].time_us
        assert f"cursor={left_at - REWIND_US}" in other.asked[-1]


def test_both_wires_can_be_mixed(jetstream: Jetstream) -> None:
    jetstream.faults = Faults(abort_after=13, times=3)
    listener = Listener([jetstream.v1, jetstream.v2])
    listener.until_told(40)
    assert each_once(listener)


def test_a_restart_goes_back_to_the_server_of_its_cursor(jetstream: Jetstream) -> None:
    with network(first_seq=5_000).running() as other:
        Listener([jetstream.v2, other.v2]).until_told(40)
        listener = Listener([other.v2])
        listener.until_told(40)
        listener.urls = [jetstream.v2, other.v2]
        other.post(40)
        listener.until_told(41)
        assert each_once(listener, 41)


def test_v2_is_packed_with_the_dictionary_that_the_server_gives(jetstream: Jetstream) -> None:
    listener = Listener([jetstream.v2])
    listener.until_told(40)
    assert jetstream.sent_packed >= 40 and each_once(listener)
    assert [path for path in jetstream.asked if path.startswith(DICTIONARY)]


def test_a_new_dictionary_is_asked_for(jetstream: Jetstream) -> None:
    jetstream.faults = Faults(abort_after=10, times=1)
    listener = Listener([jetstream.v2])

    def rotated() -> bool:
        if listener.failures and jetstream.dictionary_id == 7:
            jetstream.rotate_dictionary()
        return len(listener.texts()) >= 40

    listener.until(rotated)
    assert each_once(listener) and jetstream.dictionary_id == 8
    assert "zstdDictionary=8" in jetstream.asked[-1]


def test_filters_are_the_servers_and_other_collections_never_arrive(jetstream: Jetstream, wire: str) -> None:
    jetstream.post(90, "a like", collection="app.bsky.feed.like")
    jetstream.tell("identity", "did:plc:x", {"did": "did:plc:x", "seq": 1})
    jetstream.post(91, "the last")
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(41)
    assert "a like" not in listener.texts() and listener.texts()["the last"] == 1
    asked = jetstream.asked[-1]
    assert ("wantedCollections=app.bsky.feed.post" if wire == "v1" else "kinds=account") in asked


def test_a_real_post_arrives_as_it_was_written(jetstream: Jetstream, wire: str) -> None:
    jetstream.golden()
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(41)
    told = listener.events[-1]
    assert isinstance(told, RawPost)
    assert told.fields["content"] == "Try RSV for a good time !!" and told.fields["lang"] == "en"
    assert str(told.fields["post_id"]).endswith("/app.bsky.feed.post/3mmoojp4cd223")


def test_what_authors_claim_of_time_moves_no_cursor(jetstream: Jetstream, wire: str) -> None:
    """Far ahead, far behind, in no order: the server's own clock leads, also over a broken connection."""
    for number, claimed in ((40, "2099-01-01T00:00:00Z"), (41, "2020-01-01T00:00:00Z"), (42, "never")):
        jetstream.post(number, createdAt=claimed)
    jetstream.post(43)
    jetstream.faults = Faults(abort_after=41, times=1)
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(44)
    assert each_once(listener, 44) and not listener.gaps() and listener.failures
    claims = [str(told.fields["created_at"])[:4] for told in listener.events if isinstance(told, RawPost)]
    assert claims[40:] == ["2099", "2020", "None", "2026"]


def test_a_frame_too_large_to_take_is_skipped_not_asked_for_again(
    jetstream: Jetstream, wire: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Received, it would end the connection, and the next one, and so on: the server leaves it out."""
    monkeypatch.setattr(bluesky_wire, "MOST_BYTES", 5_000)
    jetstream.post(90, "x" * 6_000)
    jetstream.post(40)
    listener = Listener([getattr(jetstream, wire)])
    listener.until_told(41)
    assert each_once(listener, 41) and not listener.failures


def test_a_burst_comes_whole_and_in_order(wire: str) -> None:
    with network(posts=3000).running() as burst:
        listener = Listener([getattr(burst, wire)])
        listener.until_told(3000)
        assert list(listener.texts()) == [f"post {number}" for number in range(3000)]


def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    listener = Listener(["ws://127.0.0.1:9/subscribe"])
    listener.until(lambda: len(listener.failures) > 1)
    assert listener.failures[0].startswith("Bluesky's 127.0.0.1:9 cannot be reached")


# The stand-in keeps the real server's rules, so that what passes here is no accident.


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/xrpc/network.bsky.jetstream.subscribeEvents?wantedCollections=a", "is called collections"),
        ("/xrpc/network.bsky.jetstream.subscribeEvents?kinds=no", "unknown kind"),
        ("/xrpc/network.bsky.jetstream.subscribeEvents?kinds=account&collections=a", "need kind commit"),
        ("/xrpc/network.bsky.jetstream.subscribeEvents?zstdDictionary=99", "another dictionary"),
        ("/subscribe?compress=true", "exclude each other"),
    ],
)
def test_the_stand_in_refuses_what_the_real_one_refuses(jetstream: Jetstream, path: str, says: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{jetstream.port}{path}", proxy=None).__enter__()
    assert refused.value.response.status_code == 400
    assert says in (refused.value.response.body or b"").decode()


@pytest.mark.parametrize(
    ("path", "collection", "told"),
    [
        (V1, "wantedCollections=app.bsky.feed.*", {"app.bsky.feed.post", "app.bsky.feed.like"}),
        (V2, "collections=app.bsky.feed.*", {"app.bsky.feed.post", "app.bsky.feed.like"}),
        (V1, "wantedCollections=app.bsky.feed.like", {"app.bsky.feed.like"}),
        (V2, "collections=app.bsky.graph.*", {"app.bsky.graph.follow"}),
    ],
)
def test_the_stand_in_takes_patterns(path: str, collection: str, told: set[str]) -> None:
    network = Jetstream()
    for number, name in enumerate(("feed.post", "feed.like", "graph.follow", "actor.profile")):
        network.post(number, collection=f"app.bsky.{name}")
    network.account("did:plc:last")
    with network.running(), connect(f"ws://127.0.0.1:{network.port}{path}?{collection}", proxy=None) as line:
        frames = [orjson.loads(line.recv(5)) for _ in range(len(told) + 1)]
    bodies = [frame.get("payload", frame) for frame in frames]
    assert {body.get("commit", body)["collection"] for body in bodies[:-1]} == told
    assert "account" in bodies[-1], "whoever asks for collections is told of accounts all the same"


def test_the_stand_in_is_live_behind_a_cursor_of_the_future(jetstream: Jetstream) -> None:
    url = f"{jetstream.v1}?cursor={jetstream.happenings[-1].time_us + 3_600_000_000}"
    with connect(url, proxy=None) as line:
        while jetstream.listening == 0:
            time.sleep(0.01)
        jetstream.post(40)
        assert orjson.loads(line.recv(5))["commit"]["rkey"] == "k40"


def test_the_stand_in_gives_its_dictionary(jetstream: Jetstream) -> None:
    where = f"http://127.0.0.1:{jetstream.port}{DICTIONARY}"
    blob = httpx.get(where, trust_env=False).content
    assert httpx.get(f"{where}?id=7", trust_env=False).content == blob
    unknown = httpx.get(f"{where}?id=99", trust_env=False)
    assert (unknown.status_code, unknown.json()["error"]) == (400, "UnknownZstdDictionary")
    assert blob[:4] == b"\x37\xa4\x30\xec" and int.from_bytes(blob[4:8], "little") == 7
