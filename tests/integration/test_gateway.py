"""The gateway says who asks: the address it sees, or what a proxy says that is listed, and nobody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from tests.system import free_port
from tests.topology import gateway, nginx_program

from groundswell.api.access.peers import Peers

pytestmark = pytest.mark.skipif(nginx_program() is None, reason="needs Debian's nginx")

CLAIMED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that reached it."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def behind() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("listed", "address", "encrypted"),
    [
        ("", "127.0.0.1", False),
        ("192.0.2.7 yes;\n", "127.0.0.1", False),
        ("192.0.2.7 yes;\n127.0.0.1 yes;\n", "203.0.113.7", True),
    ],
    ids=["nobody is listed", "another is listed", "the proxy is listed"],
)
def test_the_api_learns_who_asks(
    tmp_path: Path, behind: int, listed: str, address: str, encrypted: bool
) -> None:
    (tmp_path / "proxies.list").write_text(listed)
    ports = {name: free_port() for name in ("api", "compat", "model")}
    nginx = gateway(tmp_path, ports, {"api": [behind], "model": [behind]}, tmp_path / "proxies.list")
    try:
        for port in (ports["api"], ports["compat"]):
            url = f"http://127.0.0.1:{port}/anything"
            told = httpx.get(url, headers=CLAIMED, trust_env=False, timeout=60).json()
            headers = [(name.encode(), value.encode()) for name, value in told.items()]
            scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": headers}
            peer = Peers("127.0.0.0/8").of(scope)
            assert (peer.address, peer.is_encrypted) == (address, encrypted)
    finally:
        nginx.terminate()
        nginx.wait(30)
