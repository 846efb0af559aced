"""What happens in the network that the stand-in tells of, in both wires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

TYPE = "network.bsky.jetstream.subscribeEvents"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# One real frame of v1, as published in the server's own test data (golden_v1.jsonl, line 2).
GOLDEN_V1 = (
    '{"did":"did:plc:q235v55g5unth4zjjdpacfdr","time_us":1779719009157119,"kind":"commit","commit":{"rev":'
    '"3mmoojpaqkn2z","operation":"create","collection":"app.bsky.feed.post","rkey":"3mmoojp4cd223","record":'
    '{"$type":"app.bsky.feed.post","createdAt":"2026-05-25T14:23:28.757Z","langs":["en"],"reply":{"parent":'
    '{"cid":"c","uri":"at://x/app.bsky.feed.post/3mmojbrjwbs26"},"root":{"cid":"c","uri":"at://x"}},"text":'
    '"Try RSV for a good time !!"},"cid":"bafyrei"}}'
)


def dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that happened in the network."""

    seq: int
    time_us: int
    kind: str
    did: str
    body: dict[str, Any]

    def v1(self) -> str:
        return dump({"did": self.did, "time_us": self.time_us, "kind": self.kind, self.kind: self.body})

    def v2(self) -> str:
        at = (EPOCH + timedelta(microseconds=self.time_us)).isoformat().replace("+00:00", "Z")
        body = self.body if self.kind == "commit" else {self.kind: self.body}
        payload = {"$type": f"{TYPE}#{self.kind}", "seq": self.seq, "did": self.did, "time": at, **body}
        return dump({"$type": "message", "payload": payload})
