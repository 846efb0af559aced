"""Browsers log in with a key, ask who they are, and get tickets for the live feed."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import HTTPConnection

from groundswell.api.access.auditor import actor_of
from groundswell.api.access.gate import GUARD, PEER
from groundswell.api.access.guards import SESSION_COOKIE, Keys
from groundswell.api.answers.access import LoginIn, TicketAnswer, WhoAnswer
from groundswell.api.errors import errors
from groundswell.api.parts import ThisParts
from groundswell.api.permissions import caller_of, permission
from groundswell.api.routes.page import assets
from groundswell.cache.tickets import SECONDS
from groundswell.core.access import Caller
from groundswell.core.errors import Conflict, Unauthenticated
from groundswell.store import audit

router = APIRouter(tags=["access"])

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class NoKeys(Conflict):
    """Nobody logs in here: this Groundswell listens on loopback and has no keys."""

    code = "NO_KEYS"


async def guard(connection: HTTPConnection) -> Keys | None:
    """Return who knows the keys; None where there are none."""
    found = connection.scope.get(GUARD)
    return found if isinstance(found, Keys) else None


ThisGuard = Annotated[Keys | None, Depends(guard)]


@router.get("/login", dependencies=[permission("open")], include_in_schema=False)
def login_page() -> Response:
    """Show a form that takes a key."""
    return Response(
        assets()["login.html"].content,
        media_type="text/html",
        headers={"Content-Security-Policy": PAGE_POLICY},
    )


@router.post("/api/v1/login", dependencies=[permission("open")], responses=errors(400, 401, 409, 429, 503))
async def log_in(
    asked: LoginIn, request: Request, response: Response, parts: ThisParts, keys: ThisGuard
) -> WhoAnswer:
    """Log a browser in with a key: the answer sets a cookie that scripts cannot read.

    The session ends with the key, by logging out, or after `GROUNDSWELL_SESSION_HOURS`.
    """
    if keys is None or not keys.required:
        raise NoKeys
    peer = request.scope[PEER]
    try:
        caller = await keys.checked(asked.key, peer.address)
    except Unauthenticated:  # those beyond the limit of wrong keys are not written down: nobody fills the log
        await asyncio.to_thread(_note, parts, request, "refused")
        raise
    token, ends = await asyncio.to_thread(keys.keyring.log_in, caller)
    await asyncio.to_thread(_note, parts, request, "done", caller)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int((ends - parts.clock.now()).total_seconds()),
        path="/",
        secure=peer.is_encrypted,
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"
    return who_is(caller)


@router.post("/api/v1/logout", status_code=204, dependencies=[permission("open")], responses=errors(503))
async def log_out(request: Request, response: Response, keys: ThisGuard) -> None:
    """End the browser's session, with its open connections."""
    caller = caller_of(request)
    if keys and caller and caller.session:
        await asyncio.to_thread(keys.keyring.log_out, caller.session)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/api/v1/session", dependencies=[permission("open")])
async def session(request: Request, response: Response, keys: ThisGuard) -> WhoAnswer:
    """Say who you are here, and whether you must log in; without a key, too."""
    caller = caller_of(request)
    response.headers["Cache-Control"] = "no-store"
    return who_is(caller, login_required=keys is not None and keys.required)


@router.post("/api/v1/live/ticket", dependencies=[permission("read")], responses=errors(401, 503))
async def ticket(request: Request, keys: ThisGuard) -> TicketAnswer:
    """Return what opens the live feed once: a browser cannot send a key with a WebSocket.

    A browser with a session needs none. On loopback without keys any value does.
    """
    caller = caller_of(request)
    if keys is None or caller is None or not caller.key:
        return TicketAnswer(ticket="none-needed", expires_in=SECONDS)
    return TicketAnswer(ticket=await asyncio.to_thread(keys.ticket, caller), expires_in=SECONDS)


def who_is(caller: Caller | None, *, login_required: bool = True) -> WhoAnswer:
    """Say who somebody is."""
    if caller is None:
        return WhoAnswer(login_required=login_required, name=None, role=None, scopes=[], expires_at=None)
    return WhoAnswer(
        login_required=login_required,
        name=caller.name,
        role=caller.role,
        scopes=sorted(caller.scopes),
        expires_at=caller.expires_at,
    )


def _note(parts: ThisParts, request: Request, outcome: str, caller: Caller | None = None) -> None:
    by = actor_of(request.scope)
    if caller:
        by = replace(by, key=caller.key, name=caller.name)
    with parts.database.transaction() as connection:
        audit.write(connection, by, "login", by.key, outcome, at=parts.clock.now())
