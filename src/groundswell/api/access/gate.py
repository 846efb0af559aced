"""What every request passes: who is it, may he come in, how often, and may he still stay. Plain ASGI."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.api import errors
from groundswell.api.access.guards import Guard
from groundswell.api.access.peers import Peers
from groundswell.api.permissions import CALLER, Level, declared
from groundswell.cache.rates import Allowance
from groundswell.core.access import Caller
from groundswell.core.errors import GroundswellError, TooManyRequests, Unauthenticated
from groundswell.observe import Metrics

PEER = "groundswell.peer"
GUARD = "groundswell.guard"
HEALTH = {"/health", "/health/live", "/api/health", "/db/health"}
GONE = "The key or the session has ended."

LevelOf = Callable[[Scope], Level | None]


def levels(routes: Iterable[BaseRoute]) -> LevelOf:
    """Return what tells which permission the route of a request declares; None: there is no such route."""
    known = [(route, declared(route)) for route in routes]

    def level_of(scope: Scope) -> Level | None:
        for route, found in known:
            if found and route.matches(scope)[0] is Match.FULL:
                return found[0]
        return None

    return level_of


class Gate:
    """Find out who asks and refuse, before anything is read, those who may not ask.

    Whoever showed no key reaches nothing but routes declared open: the route itself asks again,
    this is the second lock. A WebSocket or a download whose key ends is ended.
    """

    def __init__(self, app: ASGIApp, guard: Guard, peers: Peers, level_of: LevelOf, metrics: Metrics) -> None:
        self.app, self.guard, self.peers, self.level_of = app, guard, peers, level_of
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope[PEER] = peer = self.peers.of(scope)
        scope[GUARD] = self.guard
        allowance: Allowance | None = None
        try:
            caller, refusal = await self._caller(scope, peer.address)
            scope[CALLER] = caller
            if not _is_health(scope):
                allowance = await self.guard.count(caller, peer.address)
            if allowance and not allowance.allowed:
                raise TooManyRequests(allowance.reset_seconds)
            if refusal:
                raise refusal
        except GroundswellError as error:
            self.metrics.count("groundswell_refused_total", code=error.code)
            await errors.refuse(scope, receive, _telling(send, allowance), error)
            return
        if caller is None:
            await self.app(scope, receive, _telling(send, allowance))
        elif scope["type"] == "websocket":
            await self._while_welcome(scope, receive, send, caller)
        elif not caller.key:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, self._sending(send, allowance, caller))

    async def _caller(self, scope: Scope, address: str) -> tuple[Caller | None, Unauthenticated | None]:
        """Return who asks, and why he may not: whoever has no key may ask what is open to everyone.

        An old cookie or key does not keep anyone from that, else he could not log in again.
        """
        caller, refusal = None, Unauthenticated()
        try:
            caller = await self.guard.caller(HTTPConnection(scope), address)
        except Unauthenticated as error:
            refusal = error
        is_free = caller is not None or self.level_of(scope) == "open"
        return caller, None if is_free else refusal

    def _sending(self, send: Send, allowance: Allowance | None, caller: Caller) -> Send:
        """Send what belongs to one key alone; a download ends with the key."""
        told = _telling(send, allowance)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _keep_private(message)
            elif message.get("more_body") and not self.guard.still(caller):
                raise Unauthenticated(GONE)
            await told(message)

        return sending

    async def _while_welcome(self, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
        """Serve a WebSocket until its key ends: then its reader is told that the client left.

        A key that ends during the handshake is refused as one that had ended before.
        """
        is_gone, is_open, is_met, is_answered = asyncio.Event(), False, False, False
        watching = asyncio.create_task(self._watch(caller, is_gone))

        async def receiving() -> Message:
            nonlocal is_met
            if not is_met:  # `websocket.connect`, which a reader expects first whatever comes then
                is_met = True
                return await receive()
            return await _first(receive, is_gone)

        async def sending(message: Message) -> None:
            nonlocal is_open, is_answered
            if is_gone.is_set():
                return
            is_answered = True
            is_open = is_open or message["type"] == "websocket.accept"
            await send(message)

        try:
            await self.app(scope, receiving, sending)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if is_gone.is_set() and is_open:
            with suppress(RuntimeError):  # the client left first
                await send({"type": "websocket.close", "code": errors.POLICY_VIOLATION, "reason": GONE})
        elif is_gone.is_set() and not is_answered:
            await errors.refuse(scope, receive, send, Unauthenticated(GONE))

    async def _watch(self, caller: Caller, is_gone: asyncio.Event) -> None:
        await self.guard.until_gone(caller)
        self.metrics.count("groundswell_refused_total", code="ENDED")
        is_gone.set()


async def _first(receive: Receive, is_gone: asyncio.Event) -> Message:
    """Return the client's next message, or that he left, because he had to."""
    message, gone = asyncio.ensure_future(receive()), asyncio.ensure_future(is_gone.wait())
    try:
        await asyncio.wait({message, gone}, return_when=asyncio.FIRST_COMPLETED)
        if message.done() and not is_gone.is_set():
            return message.result()
        return {"type": "websocket.disconnect", "code": errors.POLICY_VIOLATION}
    finally:
        message.cancel()
        gone.cancel()
        await asyncio.gather(message, gone, return_exceptions=True)


def _is_health(scope: Scope) -> bool:
    """Health is asked by balancers, often and from one address."""
    return scope["path"] in HEALTH


def _telling(send: Send, allowance: Allowance | None) -> Send:
    """Send each answer with what is left of the limit."""
    if allowance is None:
        return send

    async def telling(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            message.setdefault("headers", [])
            MutableHeaders(scope=message).update(allowance.headers())
        await send(message)

    return telling


def _keep_private(message: Message) -> None:
    """Keep caches that others share from what one key opens."""
    message.setdefault("headers", [])
    headers = MutableHeaders(scope=message)
    given = headers.get("cache-control")
    if given is None:
        headers["Cache-Control"] = "no-store"
    elif not {"private", "no-store"} & {part.strip() for part in given.split(",")}:
        headers["Cache-Control"] = f"private, {given}"
