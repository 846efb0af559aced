"""A small port beside a role's work: its metrics for Prometheus, and whether it breathes and can work."""

import hmac
import ipaddress
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, socket
from typing import Any

from prometheus_client.exposition import choose_encoder

from groundswell.core.access import SHORTEST_KEY
from groundswell.core.errors import BadSettings, CannotStart
from groundswell.observe import Metrics, logger
from groundswell.supervise.parts import Part

MOST_AT_ONCE = 8
"""Requests answered at once; those beyond are closed, so that nobody can fill a worker with threads."""
REQUEST_SECONDS = 5
LOOK_SECONDS = 0.25
HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}

log = logger("supervise")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposed:
    """Where a role shows how it is."""

    host: str
    port: int
    #: a scraper sends it as bearer token; empty only where nobody else can reach the port
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is shown there."""

    metrics: Metrics
    #: brings gauges up to date before each scrape
    refresh: Callable[[], None]
    #: whether the role can do its work now
    is_ready: Callable[[], bool]


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_open(where: Exposed) -> None:
    """Raise `BadSettings`, saying how, where other machines could read without a token, or guess one."""
    if is_loopback(where.host) or len(where.token) >= SHORTEST_KEY:
        return
    raise BadSettings(
        f"Everyone who reaches {where.host} could read the metrics: set GROUNDSWELL_METRICS_TOKEN "
        f"({SHORTEST_KEY} characters or more), or GROUNDSWELL_METRICS_HOST to 127.0.0.1."
    )


def exposition(where: Exposed, shown: Shown) -> Part:
    """Return the part that answers /metrics, /health/live and /health at `where`.

    The port is taken at once, so that a process that cannot have it does not start. Raises
    `CannotStart`, or `BadSettings` when other machines could read without a token.
    """
    refuse_open(where)
    try:
        server = _Server(where, shown)
    except OSError as error:
        raise CannotStart(
            f"Metrics cannot be shown at {where.host}:{where.port}: {error.strerror}."
        ) from None

    def run(stop: threading.Event) -> None:
        log.info("metrics", at=f"http://{where.host}:{server.server_address[1]}/metrics")
        with server:
            while not stop.is_set():
                server.handle_request()

    return Part(name="metrics", run=run)


class _Server(ThreadingHTTPServer):
    """Answers a few requests at once, each in a thread that dies with the process."""

    daemon_threads = True
    block_on_close = False
    timeout = LOOK_SECONDS

    def __init__(self, where: Exposed, shown: Shown) -> None:
        if ":" in where.host:
            self.address_family = AF_INET6
        self.where, self.shown = where, shown
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((where.host, where.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away in the middle is no trouble of ours."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_SECONDS
    server_version, sys_version = "groundswell", ""

    def do_GET(self) -> None:
        """Answer one question."""
        path = self.path.partition("?")[0]
        if path == "/health/live":
            self._say(200, b'{"status":"alive"}')
        elif path == "/health":
            self._health()
        elif path == "/metrics":
            self._metrics()
        else:
            self._say(404, b'{"error":{"code":"NOT_FOUND"}}')

    def _health(self) -> None:
        if self.server.shown.is_ready():
            self._say(200, b'{"status":"healthy"}')
        else:
            self._say(503, b'{"status":"degraded"}', ("Retry-After", "2"))

    def _metrics(self) -> None:
        if not self._may_read():
            self.server.shown.metrics.count("groundswell_refused_total", code="UNAUTHORIZED")
            self._say(401, b'{"error":{"code":"UNAUTHORIZED"}}', ("WWW-Authenticate", "Bearer"))
            return
        self.server.shown.refresh()
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        self._say(200, encode(self.server.shown.metrics.registry), ("Content-Type", content_type))

    def _may_read(self) -> bool:
        """The token; without one, an address: a foreign page can give itself a name that leads here."""
        token = self.server.where.token
        if not token:
            return is_loopback(self.headers.get("Host", "").rpartition(":")[0].strip("[]"))
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        is_it = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
        return is_it and kind.lower() == "bearer"

    def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **dict(headers)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""
