"""What the gate asks: whether keys are needed here at all, and who the holder of one is."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from starlette.requests import HTTPConnection

from groundswell.api.access.keyring import Keyring
from groundswell.cache.rates import Allowance, Rates
from groundswell.cache.tickets import Tickets
from groundswell.core.access import THIS_MACHINE, Caller
from groundswell.core.errors import Forbidden, StoreUnavailable, TooManyRequests, Unauthenticated

SESSION_COOKIE = "groundswell_session"
FAILURES_PER_MINUTE = 20
"""Wrong keys that one address may try; a right one is let in all the same."""
SESSION_ENDED = "The session has ended; log in again."
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Guard(Protocol):
    """Who may come in."""

    @property
    def required(self) -> bool:
        """Whether a key is needed at all."""
        ...

    async def caller(self, connection: HTTPConnection, address: str) -> Caller | None:
        """Return who asks; None: somebody without a key. Raises `Unauthenticated` for a wrong one."""
        ...

    async def count(self, caller: Caller | None, address: str) -> Allowance | None:
        """Count a request; None: there is no limit."""
        ...

    def still(self, caller: Caller) -> bool:
        """Tell whether one who came in may stay."""
        ...

    async def until_gone(self, caller: Caller) -> None:
        """Return when he may no longer."""
        ...


class Open:
    """Everyone is let in: loopback without keys."""

    required = False

    async def caller(self, connection: HTTPConnection, address: str) -> Caller | None:
        """Return this machine."""
        del connection, address
        return THIS_MACHINE

    async def count(self, caller: Caller | None, address: str) -> Allowance | None:
        """Count nothing."""
        del caller, address
        return None

    def still(self, caller: Caller) -> bool:
        """Let everyone stay."""
        del caller
        return True

    async def until_gone(self, caller: Caller) -> None:
        """Never return."""
        del caller
        await asyncio.Event().wait()


class ServiceKey(Open):
    """One key opens everything: that between API or worker and the model service."""

    required = True

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def caller(self, connection: HTTPConnection, address: str) -> Caller | None:
        """Return the API or the worker that calls."""
        del address
        token = bearer(connection.headers)
        if token is None:
            return None
        if not hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._key):
            raise Unauthenticated("This is not the GROUNDSWELL_MODEL_SERVICE_KEY of this model service.")
        return THIS_MACHINE


class Keys:
    """Keys, browser sessions and tickets, with a limit of requests for each key and address.

    `only_with_keys`: on loopback, where nothing is asked of anyone until the first key is made.
    """

    def __init__(
        self,
        keyring: Keyring,
        rates: Rates,
        tickets: Tickets,
        *,
        per_key: int,
        per_address: int,
        origins: frozenset[str] = frozenset(),
        only_with_keys: bool = False,
    ) -> None:
        self._only_with_keys = only_with_keys
        self.keyring, self._rates, self._tickets = keyring, rates, tickets
        self._per_key, self._per_address, self._origins = per_key, per_address, origins

    @property
    def required(self) -> bool:
        """Whether a key is needed: also on loopback, once there was one."""
        return not self._only_with_keys or self.keyring.holds_any

    async def caller(self, connection: HTTPConnection, address: str) -> Caller | None:
        """Return the holder of a key, a ticket or a session, in this order.

        Raises `Unauthenticated` for a key that opens nothing, `TooManyRequests` for too many of
        them, and `Forbidden` where another site's page may have sent a browser's session.
        """
        if not self.required:
            return THIS_MACHINE
        if (token := bearer(connection.headers)) is not None:
            return await self._looked_up(token, address, session=False)
        ticket = connection.query_params.get("ticket")
        if ticket is not None and connection.scope["type"] == "websocket":
            return await self._of_ticket(ticket, address)
        if cookie := connection.cookies.get(SESSION_COOKIE):
            caller = await self._of_session(cookie, address)
            self._refuse_foreign(connection)
            return caller
        return None

    async def checked(self, token: str, address: str) -> Caller:
        """Return the holder of a key; raises `Unauthenticated` or `TooManyRequests`."""
        return await self._looked_up(token, address, session=False)

    async def _of_session(self, cookie: str, address: str) -> Caller:
        """Return who logged in; an old cookie is not looked for again and again, and keeps nobody from logging in."""
        try:
            return await self._looked_up(cookie, address, session=True)
        except TooManyRequests:
            raise Unauthenticated(SESSION_ENDED) from None

    async def _looked_up(self, token: str, address: str, *, session: bool) -> Caller:
        known = self.keyring.known_session if session else self.keyring.known
        if found := known(token):
            return found
        await self._fail(address)
        with suppress(StoreUnavailable):  # then what is known is all there is
            await asyncio.to_thread(self.keyring.refresh)
        if found := known(token):
            return found
        raise Unauthenticated(SESSION_ENDED if session else "This key opens nothing (any more).")

    async def _fail(self, address: str) -> None:
        """Count a key that is not known; looking for it costs a question to the database."""
        if self._per_address:
            left = await self._rates.count("failures", address, FAILURES_PER_MINUTE)
            if not left.allowed:
                raise TooManyRequests(left.reset_seconds)

    async def _of_ticket(self, ticket: str, address: str) -> Caller:
        stands_for = await asyncio.to_thread(self._tickets.take, ticket)
        if stands_for is None:
            await self._fail(address)
            raise Unauthenticated("This ticket was used, or is older than half a minute; ask for another.")
        key, _, session = stands_for.partition(":")
        if found := self.keyring.by_id(key, session):
            return found
        await asyncio.to_thread(self.keyring.refresh)
        if found := self.keyring.by_id(key, session):
            return found
        raise Unauthenticated

    def _refuse_foreign(self, connection: HTTPConnection) -> None:
        """Refuse what a page of another site may have made a browser send along with its cookie."""
        if connection.scope["type"] == "http" and connection.scope["method"] in SAFE_METHODS:
            return
        headers = connection.headers
        origin = headers.get("origin", "")
        own = origin.partition("://")[2] == headers.get("host", "") if origin else False
        if not (own or origin in self._origins or headers.get("sec-fetch-site") == "same-origin"):
            raise Forbidden("A browser's session is taken from this server's own pages only.")

    async def count(self, caller: Caller | None, address: str) -> Allowance | None:
        """Count a request for its key, or, without one, for its address."""
        if not self.required:
            return None
        limit = self._per_key if caller else self._per_address
        if not limit:
            return None
        return await self._rates.count(
            "key" if caller else "address", caller.key if caller else address, limit
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the changes of keys until left."""
        try:
            async with self.keyring.running():
                yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections that count requests; they are opened again when there is one to count."""
        await self._rates.close()

    def ticket(self, caller: Caller) -> str:
        """Return a ticket with which the caller can open the live feed once."""
        session = caller.session.hex() if caller.session else ""
        return self._tickets.give(f"{caller.key}:{session}")

    def still(self, caller: Caller) -> bool:
        """Tell whether the caller's key and session still hold."""
        return self.keyring.still(caller) if caller.key else not self.required

    async def until_gone(self, caller: Caller) -> None:
        """Return when they no longer do."""
        await self.keyring.until(lambda: not self.still(caller), caller.expires_at)


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the key of an Authorization header; None without one. Raises `Unauthenticated` for another kind."""
    given = headers.get("authorization")
    if given is None:
        return None
    kind, _, token = given.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header is `Bearer KEY`.")
    return token.strip()
