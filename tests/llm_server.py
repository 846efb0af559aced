"""A stand-in for LLM providers: it speaks both wires, and misbehaves as they do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.standin import serving

GOOD = '{"sentiment": "positive", "confidence": 0.9}'


@dataclass
class Provider:
    """What it answers; tests change it as they like."""

    url: str = ""
    #: the model's words, one after another; the last one again and again
    words: list[str] = field(default_factory=lambda: [GOOD])
    #: statuses, one after another; 200 when none is left
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    refuses: bool = False
    #: the whole body, in place of what the wire would carry
    raw: bytes | None = None
    #: sends a byte and waits, again and again, until `release` is set
    drips: bool = False
    #: answers nothing until `release` is set
    hangs: bool = False
    #: refuses bodies that hold this key
    unknown: str = ""
    release: threading.Event = field(default_factory=threading.Event)
    #: path, headers and body of every request
    seen: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    #: called with each request while it is under way
    during: Callable[[], None] = lambda: None

    def body(self, path: str) -> bytes:
        if self.raw is not None:
            return self.raw
        words = self.words.pop(0) if len(self.words) > 1 else self.words[0]
        if path.endswith("/v1/messages"):
            stop = "refusal" if self.refuses else "end_turn"
            usage = {"input_tokens": 120, "output_tokens": 12}
            content = [] if self.refuses else [{"type": "text", "text": words}]
            return json.dumps({"content": content, "stop_reason": stop, "usage": usage}).encode()
        message = {"role": "assistant", "content": None if self.refuses else words}
        message |= {"refusal": "I cannot help with that."} if self.refuses else {}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json.dumps(
            {"choices": [choice], "usage": {"prompt_tokens": 120, "completion_tokens": 12}}
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_POST(self) -> None:
        provider = self.provider
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.seen.append((self.path, headers, asked))
        provider.during()
        if provider.hangs:
            provider.release.wait(20)
        status = provider.statuses.pop(0) if provider.statuses else 200
        if provider.unknown and provider.unknown in asked:
            status = 400
        body = provider.body(self.path) if status == 200 else b'{"error": {"message": "no"}}'
        try:
            self.send_response(status)
            for name, value in provider.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in body if provider.drips else b"":
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if provider.release.wait(0.02):
                    return
            self.wfile.write(b"" if provider.drips else body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the one who asked has gone

    def log_message(self, *args: Any) -> None:
        del args


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve a stand-in provider on a port of its own."""
    found = Provider()
    with serving(_Handler, provider=found) as found.url:
        try:
            yield found
        finally:
            found.release.set()
