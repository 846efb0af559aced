"""A stand-in for Bluesky's Jetstream on this machine: both wires, and every fault that the real one has."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import zstandard
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from tests.jetstream_events import EPOCH, GOLDEN_V1, TYPE, Happening, dump

V1 = "/subscribe"
V2 = "/xrpc/network.bsky.jetstream.subscribeEvents"
DICTIONARY = "/xrpc/network.bsky.jetstream.getZstdDictionary"
POSTS = "app.bsky.feed.post"
BEGIN = datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)

_KINDS = {"commit", "identity", "account", "sync"}
_RENAMED = {"wantedCollections": "collections", "wantedDids": "dids"}


@dataclass
class Faults:
    """What goes wrong; numbers count down, and the fault is over at 0."""

    #: answers 503 so many times, as while it boots
    starting: int = 0
    #: sends nothing after so many frames of a connection, pings are still answered
    stall_after: int | None = None
    #: drops the line after so many frames, without a goodbye (1006)
    abort_after: int | None = None
    #: how many connections have the two faults above
    times: int = 1
    #: seqs before which a line that is no JSON is sent
    malformed: frozenset[int] = frozenset()
    #: seqs that are sent twice
    twice: frozenset[int] = frozenset()
    #: v2: says ConsumerTooSlow and closes after so many frames
    too_slow_after: int | None = None
    #: events before this one are gone
    oldest: int = 0


@dataclass
class Jetstream:
    """One server; `with jetstream.running():` gives it a port."""

    faults: Faults = field(default_factory=Faults)
    #: without a cursor, tells everything from the beginning: what "live" means to a test
    live_is_all: bool = True
    #: events are numbered from here: each real server has numbers of its own
    first_seq: int = 1
    happenings: list[Happening] = field(default_factory=list)
    #: request paths with query, as they came
    asked: list[str] = field(default_factory=list)
    sent_packed: int = 0
    #: connections whose place was found
    listening: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._more = threading.Condition()
        self._closing = threading.Event()
        self.dictionary_id = 7
        self._blob = b""

    # What happens

    def tell(self, kind: str, did: str, body: dict[str, Any], *, seconds: float = 0.1) -> Happening:
        """Let something happen, `seconds` after what happened before."""
        with self._more:
            before = self.happenings[-1].time_us if self.happenings else (BEGIN - EPOCH) // _US
            at = before + int(seconds * 1_000_000)
            seq = self.first_seq + len(self.happenings)
            happening = Happening(seq=seq, time_us=at, kind=kind, did=did, body=body)
            self.happenings.append(happening)
            self._more.notify_all()
        return happening

    def post(self, number: int, text: str | None = None, *, operation: str = "create", **facts: Any) -> None:
        """Let someone post, edit (`operation="update"`) or delete (`"delete"`) post `number`."""
        did = facts.pop("did", f"did:plc:author{number % 7}")
        seconds, collection = facts.pop("seconds", 0.1), facts.pop("collection", POSTS)
        at = (BEGIN + timedelta(seconds=number)).isoformat()
        record = {"$type": POSTS, "createdAt": at, "langs": ["en"], "text": text or f"post {number}", **facts}
        commit: dict[str, Any] = {
            "rev": f"r{len(self.happenings)}",
            "operation": operation,
            "collection": collection,
            "rkey": f"k{number}",
        }
        if operation != "delete":
            commit |= {"record": record, "cid": f"bafy{number}"}
        self.tell("commit", did, commit, seconds=seconds)

    def account(self, did: str, *, active: bool = False, status: str = "deleted") -> None:
        """Let an account change."""
        self.tell("account", did, {"active": active, "did": did, "seq": 1, "status": status})

    def golden(self) -> None:
        """Let the real post of `GOLDEN_V1` happen again, a moment after what happened before."""
        found = json.loads(GOLDEN_V1)
        self.tell("commit", found["did"], found["commit"])

    def rotate_dictionary(self) -> None:
        """Pack with another dictionary from now on, as after an upgrade."""
        self.dictionary_id += 1
        self._blob = b""

    # Serving

    @contextlib.contextmanager
    def running(self, *, ping_interval: float = 30) -> Iterator[Jetstream]:
        """Serve on a free port."""
        with serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._check,
            compression="deflate",
            ping_interval=ping_interval,
        ) as server:
            self.port = server.socket.getsockname()[1]
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                self._close(server, thread)

    def _close(self, server: Server, thread: threading.Thread) -> None:
        self._closing.set()
        with self._more:
            self._more.notify_all()
        server.shutdown()
        thread.join(10)
        self._closing.clear()

    @property
    def v1(self) -> str:
        return f"ws://127.0.0.1:{self.port}{V1}"

    @property
    def v2(self) -> str:
        return f"ws://127.0.0.1:{self.port}{V2}"

    def blob(self) -> bytes:
        """The dictionary, trained on what happened."""
        if not self._blob:
            samples: list[bytes | bytearray | memoryview] = [
                f"{happening.v2()} {n}".encode() for n in range(50) for happening in self.happenings[:20]
            ]
            self._blob = zstandard.train_dictionary(4096, samples, dict_id=self.dictionary_id).as_bytes()
        return self._blob

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what needs no WebSocket: refusals, and the dictionary."""
        del connection
        self.asked.append(request.path)
        parts = urlsplit(request.path)
        asked = parse_qs(parts.query)
        if parts.path == DICTIONARY:
            if asked.get("id", [str(self.dictionary_id)]) != [str(self.dictionary_id)]:
                return _refuse(400, "UnknownZstdDictionary", "there is another dictionary now")
            return _answer(200, self.blob(), "application/octet-stream")
        if self.faults.starting:
            self.faults.starting -= 1
            return _refuse(503, "Starting", "the server is bootstrapping")
        return self._check_v1(request, asked) if parts.path == V1 else self._check_v2(asked)

    def _check_v1(self, request: Request, asked: dict[str, list[str]]) -> Response | None:
        packs = asked.get("compress") == ["true"] or request.headers.get("Socket-Encoding") == "zstd"
        if packs and "permessage-deflate" in request.headers.get("Sec-WebSocket-Extensions", ""):
            return _refuse(400, "InvalidRequest", "zstd and permessage-deflate exclude each other")
        if len(asked.get("wantedCollections", ())) > 100:
            return _refuse(400, "InvalidRequest", "too many collections")
        return None

    def _check_v2(self, asked: dict[str, list[str]]) -> Response | None:
        for old, new in _RENAMED.items():
            if old in asked:
                return _refuse(400, "InvalidRequest", f"{old} is called {new} here")
        kinds = set(asked.get("kinds", _KINDS))
        if not kinds <= _KINDS:
            return _refuse(400, "InvalidRequest", "unknown kind")
        if "collections" in asked and "commit" not in kinds:
            return _refuse(400, "InvalidRequest", "collections need kind commit")
        if "zstdDictionary" in asked and int(asked["zstdDictionary"][0]) != self.dictionary_id:
            return _refuse(400, "UnknownZstdDictionary", "there is another dictionary now")
        cursor = int(asked.get("cursor", ["0"])[0])
        if 0 < cursor < 10**15 and cursor < self.first_seq + self.faults.oldest:
            return _refuse(400, "CursorTooOld", "the cursor is older than what is kept")
        return None

    def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        parts = urlsplit(socket.request.path)
        asked, is_v1 = parse_qs(parts.query), parts.path == V1
        line = _Line(self, socket, asked, is_v1=is_v1)
        with contextlib.suppress(ConnectionClosed):
            start = self._start(asked, line)
            self.listening += 1
            line.run(start)

    def _start(self, asked: dict[str, list[str]], line: _Line) -> int:
        """Return the index to begin at, and say on v2 when that is later than asked."""
        cursor = int(asked.get("cursor", ["0"])[0])
        if not cursor:
            return self.faults.oldest if self.live_is_all else len(self.happenings)
        by_time = line.is_v1 or cursor >= 10**15
        key = "time_us" if by_time else "seq"
        later = (n for n, known in enumerate(self.happenings) if getattr(known, key) >= cursor)
        found = next(later, len(self.happenings))
        if by_time and found <= self.faults.oldest and self.faults.oldest:
            if not line.is_v1:
                line.send(
                    dump({"$type": "message", "payload": {"$type": f"{TYPE}#info", "name": "OutdatedCursor"}})
                )
            return self.faults.oldest
        return found

    def next(self, index: int) -> Happening | None:
        """Wait for the event at `index`; None when the server closes."""
        with self._more:
            while index >= len(self.happenings) and not self._closing.is_set():
                self._more.wait(0.5)
            return None if self._closing.is_set() else self.happenings[index]


_US = timedelta(microseconds=1)


@dataclass
class _Line:
    """One client."""

    server: Jetstream
    socket: ServerConnection
    asked: dict[str, list[str]]
    is_v1: bool
    sent: int = 0

    def __post_init__(self) -> None:
        names = ("wantedCollections", "wantedDids") if self.is_v1 else ("collections", "dids")
        self._collections, self._dids = (self.asked.get(name, []) for name in names)
        self._kinds = set(self.asked.get("kinds", _KINDS))
        self._most_bytes = int(self.asked.get("maxMessageSizeBytes", ["0"])[0])
        self._packer = None
        if "zstdDictionary" in self.asked:
            dictionary = zstandard.ZstdCompressionDict(self.server.blob())
            self._packer = zstandard.ZstdCompressor(dict_data=dictionary)
        faults = self.server.faults
        self._is_faulty = faults.times > 0
        if faults.stall_after is not None or faults.abort_after is not None:
            faults.times -= 1

    def run(self, index: int) -> None:
        while (happening := self.server.next(index)) is not None:
            index += 1
            if self._passes(happening) and not self._tell(happening):
                return

    def _passes(self, happening: Happening) -> bool:
        if happening.kind not in self._kinds or (self._dids and happening.did not in self._dids):
            return False
        if self._most_bytes and len(self._frame(happening).encode()) > self._most_bytes:
            return False
        if happening.kind != "commit" or not self._collections:
            return True
        collection = happening.body["collection"]
        return any(
            collection == wanted or (wanted.endswith("*") and collection.startswith(wanted[:-1]))
            for wanted in self._collections
        )

    def _frame(self, happening: Happening) -> str:
        return happening.v1() if self.is_v1 else happening.v2()

    def _tell(self, happening: Happening) -> bool:
        faults = self.server.faults
        if happening.seq in faults.malformed:
            self.send('{"did":"did:plc:x","time_us":12, broken')
        for _ in range(2 if happening.seq in faults.twice else 1):
            self.send(self._frame(happening))
        self.sent += 1
        if faults.too_slow_after == self.sent and not self.is_v1:
            faults.too_slow_after = None
            self.send(dump({"$type": "error", "error": "ConsumerTooSlow", "message": "you are behind"}))
            return False
        if self._is_faulty and faults.abort_after == self.sent:
            self.socket.socket.close()
            return False
        if self._is_faulty and faults.stall_after == self.sent:
            self._stall()
            return False
        return True

    def _stall(self) -> None:
        """Stay silent until the client goes: its pings are answered by the library meanwhile."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not self.server._closing.is_set():
            with contextlib.suppress(TimeoutError):
                self.socket.recv(timeout=0.1)

    def send(self, text: str) -> None:
        if self._packer:
            self.server.sent_packed += 1
            self.socket.send(self._packer.compress(text.encode()))
        else:
            self.socket.send(text)


def _refuse(status: int, error: str, message: str) -> Response:
    return _answer(status, dump({"error": error, "message": message}).encode(), "application/json")


def _answer(status: int, body: bytes, kind: str) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, body)
