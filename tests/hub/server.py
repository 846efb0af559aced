"""A stand-in for the hub: it serves the tiny models of `files/`, and every fault a hub or its network may have."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.standin import serving

FILES = Path(__file__).parent / "files"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ONNX, WEIGHTS = "onnx/model.onnx", "model.safetensors"


def reference(name: str) -> list[dict[str, Any]]:
    """Return what PyTorch answered: a text and its probabilities each."""
    found: list[dict[str, Any]] = json.loads((FILES / name / "reference.json").read_text())
    return found


@dataclass
class Standin:
    """What the hub serves, and how it misbehaves; tests change it as they like."""

    url: str = ""
    #: `owner/name` to path to content
    models: dict[str, dict[str, bytes]] = field(default_factory=dict)
    #: content sent in place of what the listing names
    wrong: dict[str, bytes] = field(default_factory=dict)
    #: how many times more a path's answer breaks off half way
    breaks: dict[str, int] = field(default_factory=dict)
    #: paths whose answer stands still half way, until `release` is set
    stalls: set[str] = field(default_factory=set)
    #: path to where it is redirected
    redirects: dict[str, str] = field(default_factory=dict)
    ignores_ranges: bool = False
    #: the token that is asked for
    token: str = ""
    release: threading.Event = field(default_factory=threading.Event)
    #: path and Range header of every request
    seen: list[tuple[str, str]] = field(default_factory=list)
    authorised: list[str] = field(default_factory=list)

    def serve(self, hub: str, name: str, *, leave_out: tuple[str, ...] = ()) -> dict[str, bytes]:
        """Serve the files of a tiny model as those of `hub`; return them."""
        files = {
            str(path.relative_to(FILES / name)): path.read_bytes()
            for path in sorted((FILES / name).rglob("*"))
            if path.is_file() and path.name != "reference.json"
        }
        self.models[hub] = {path: body for path, body in files.items() if path not in leave_out}
        return self.models[hub]

    def listing(self, hub: str) -> dict[str, Any]:
        return {"sha": COMMIT, "siblings": [_listed(path, body) for path, body in self.models[hub].items()]}


def _listed(path: str, body: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()  # noqa: S324 as the hub does
    facts: dict[str, Any] = {"rfilename": path, "size": len(body), "blobId": blob}
    if path.endswith((".onnx", ".safetensors", ".bin")):
        facts["lfs"] = {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    return facts


class _Handler(BaseHTTPRequestHandler):
    hub: Standin
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.seen.append((path, self.headers.get("Range", "")))
        self.hub.authorised.append(self.headers.get("Authorization", ""))
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self._say(401, b"")
        if path.startswith("/api/models/"):
            hub = path.removeprefix("/api/models/").partition("/revision/")[0]
            known = hub in self.hub.models
            return (
                self._say(200, json.dumps(self.hub.listing(hub)).encode()) if known else self._say(404, b"")
            )
        hub, _, rest = path[1:].partition("/resolve/")
        return self._file(hub, rest.partition("/")[2])

    def _file(self, hub: str, path: str) -> None:
        if target := self.hub.redirects.get(path):
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        body = self.hub.wrong.get(path, self.hub.models[hub][path])
        start = 0
        if (asked := self.headers.get("Range")) and not self.hub.ignores_ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        return self._send(path, body[start:])

    def _send(self, path: str, body: bytes) -> None:
        half = len(body) // 2
        if path in self.hub.stalls:
            self.wfile.write(body[:half])
            self.wfile.flush()
            self.hub.release.wait(20)
            self.close_connection = True
        elif self.hub.breaks.get(path, 0) > 0:
            self.hub.breaks[path] -= 1
            self.wfile.write(body[:half])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        del args


@contextmanager
def standin() -> Iterator[Standin]:
    """Serve a stand-in hub on a port of its own."""
    found = Standin()
    with serving(_Handler, hub=found) as found.url:
        try:
            yield found
        finally:
            found.release.set()
