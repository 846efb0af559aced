"""Writes into the audit log who changed what through the API, and who took posts away in bulk."""

import asyncio
from datetime import datetime

import structlog
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.api.access.gate import PEER
from groundswell.api.permissions import CALLER, Level, declared
from groundswell.core.access import Caller
from groundswell.core.clock import Clock
from groundswell.core.errors import StoreUnavailable
from groundswell.observe import logger
from groundswell.store import audit
from groundswell.store.audit import Actor
from groundswell.store.database import Database

AUDITED: frozenset[Level] = frozenset({"write", "admin"})
"""Sent posts and corrections have tables of their own that say where they are from."""
BULK = "/api/v1/export/"
PERSONAL = {"author"}
"""Parameters of a path that name a person; the log keeps that there was one."""

log = logger("audit")


def actor_of(scope: Scope) -> Actor:
    """Return who asks, in the words of the audit log."""
    caller: Caller | None = scope.get(CALLER)
    peer = scope.get(PEER)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return Actor(
        key=caller.key if caller else "",
        name=caller.name if caller else "somebody without a key",
        address=peer.address if peer else "",
        request_id=str(request_id),
    )


class Auditor:
    """Note each change when it is answered; what reads is not noted, exports are."""

    def __init__(self, app: ASGIApp, database: Database, clock: Clock) -> None:
        self.app, self.database, self.clock = app, database, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if _matters(scope):
                await asyncio.to_thread(self._note, scope, status, self.clock.now())

    def _note(self, scope: Scope, status: int, at: datetime) -> None:
        route: BaseRoute | None = scope.get("route")
        given = scope.get("path_params", {}).items()
        target = " ".join(f"{name}={'…' if name in PERSONAL else value}" for name, value in given)
        action = f"{scope['method']} {getattr(route, 'path', '')}"
        try:
            with self.database.transaction() as connection:
                audit.write(connection, actor_of(scope), action, target, str(status), at=at)
        except StoreUnavailable:
            log.warning("not in the audit log: the database does not answer", action=action, status=status)


def _matters(scope: Scope) -> bool:
    route = scope.get("route")
    if route is None:
        return False
    path = str(getattr(route, "path", ""))
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return path.startswith(BULK)
    return bool(AUDITED.intersection(declared(route)))
