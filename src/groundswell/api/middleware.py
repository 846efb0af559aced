"""What every request passes through: it is counted, named, and asked where it comes from. Plain ASGI."""

import ipaddress
import re
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell import tracing
from groundswell.api import errors
from groundswell.core.clock import Clock
from groundswell.core.errors import Forbidden, GroundswellError
from groundswell.observe import Metrics, logger

log = logger("api")

NO_ROUTE = "(none)"
"""The path of a request that no route took: never the path itself, which anyone can make up."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def route_template(scope: Scope) -> str:
    """Return the template of the route that took the request, e.g. `/api/v1/posts/{id}`."""
    return str(getattr(scope.get("route"), "path", NO_ROUTE))


class Meter:
    """Count and trace every HTTP request and how long its answer took, by route template."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Clock) -> None:
        self.app, self.metrics, self.clock = app, metrics, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it went; one that was never answered counts as 499."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 499, self.clock.monotonic()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.metrics.count("http_requests_inprogress")
        with _span(scope) as span:
            try:
                await self.app(scope, receive, watched)
            finally:
                self.metrics.count("http_requests_inprogress", -1)
                method, path, seconds = (
                    _method(scope),
                    route_template(scope),
                    self.clock.monotonic() - started,
                )
                self.metrics.count("http_requests_total", method=method, path=path, status=str(status))
                self.metrics.observe("http_request_duration_seconds", seconds, method=method, path=path)
                about: tracing.Attributes = {
                    "http.request.method": method,
                    "http.route": path,
                    "http.response.status_code": status,
                }
                span.tell(about, name=f"{method} {path}", is_error=status >= 500)


PROBES = ("/health", "/metrics")


def _span(scope: Scope) -> AbstractContextManager[tracing.Told]:
    """Return the span of a request, in its caller's trace; of a probe there is none."""
    if not tracing.is_on() or scope["path"].startswith(PROBES):
        return tracing.NOTHING
    return tracing.span("http.request", parent=Headers(scope=scope).get("traceparent", ""))


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


class Frame:
    """Give each request an id, each answer its common headers, and each unforeseen error an envelope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        request_id, begun, status = request_id_of(scope), False, 0

        async def dressed(message: Message) -> None:
            nonlocal begun, status
            if message["type"] in _BEGINNINGS:
                begun, status = True, message.get("status", 101)
                _dress(message, request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, dressed)
            except Exception:
                log.exception("request failed", path=route_template(scope))
                if begun:
                    raise  # the server breaks the connection: a half answer must not look whole
                await errors.refuse(scope, receive, dressed, GroundswellError())
            finally:
                log.debug("answered", path=route_template(scope), status=status)


SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer that does not say otherwise; pages have a content policy of their own."""

_BEGINNINGS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}


def request_id_of(scope: Scope) -> str:
    """Return the id the client gave its request, where it is harmless, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _dress(message: Message, request_id: str) -> None:
    message.setdefault("headers", [])
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    if message["type"] != "websocket.accept":
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)


class Doorkeeper:
    """Refuse requests that name a host we are not, or that a foreign page makes a browser send.

    A web page can make a browser talk to loopback: under a name of its own that it lets
    resolve to 127.0.0.1 (DNS rebinding; the Host header tells), or across origins (the Origin
    header tells; a WebSocket handshake and a plain POST need no consent from us).
    """

    def __init__(
        self, app: ASGIApp, own_host: str, allowed_hosts: Iterable[str], origins: Iterable[str] = ()
    ) -> None:
        self.app, self.origins = app, frozenset(origins)
        self.allowed = {name.strip().lower() for name in allowed_hosts} - {""}
        self.allowed |= {"localhost", own_host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        if scope["type"] in {"http", "websocket"} and (error := self._objection(Headers(scope=scope))):
            await errors.refuse(scope, receive, send, error)
            return
        await self.app(scope, receive, send)

    def _objection(self, headers: Headers) -> GroundswellError | None:
        named = headers.getlist("host")
        host = host_name(named[0]) if len(named) == 1 else ""
        if not (self._listed(host) or _is_address(host)):
            return Forbidden(
                "This server does not answer to that host name; add it to GROUNDSWELL_ALLOWED_HOSTS.",
                details={"host": errors.echo(host)},
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins and not self._may_come_from(origin, host):
            return Forbidden(
                "This server does not answer to pages of that origin; "
                "add its host name to GROUNDSWELL_ALLOWED_HOSTS or the origin to GROUNDSWELL_CORS_ORIGINS.",
                details={"origin": errors.echo(origin)},
            )
        return None

    def _may_come_from(self, origin: str, host: str) -> bool:
        """A page of our own host, of a listed one, or of this machine when reached through loopback."""
        name = host_name(urlsplit(origin).netloc) if "://" in origin else ""
        return bool(name) and (
            name == host or self._listed(name) or (_is_loopback(name) and _is_loopback(host))
        )

    def _listed(self, name: str) -> bool:
        if "*" in self.allowed or name in self.allowed:
            return True
        return any(
            pattern.startswith("*.") and name.endswith(pattern[1:]) and name != pattern[2:]
            for pattern in self.allowed
        )


def host_name(authority: str) -> str:
    """Return the host of `host:port`, lower case, an IPv6 address without its brackets; "" if malformed."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    """An address in the Host header cannot be rebound: no name was resolved."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
