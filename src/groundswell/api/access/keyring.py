"""What this process knows of keys and sessions: asked on every request, told of every change within half a second."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from groundswell.core.access import Caller, Key, digest
from groundswell.core.clock import Clock
from groundswell.core.errors import StoreUnavailable
from groundswell.observe import logger
from groundswell.store import access
from groundswell.store.access import Session
from groundswell.store.database import Database

LOOK_SECONDS = 0.3
"""A key that was revoked anywhere closes its connections within a second; see `Gate`."""
MOST_SECONDS = 60.0
NOTE_SECONDS = 5.0
"""How soon it is written down when a key was last used."""

log = logger("access")


class Keyring:
    """The keys of the database, held in memory; while the database is away, as they last were.

    A key is found by its SHA-256: how long that takes tells nothing of a key nobody knows.
    """

    def __init__(self, database: Database, *, clock: Clock, session_hours: float = 12.0) -> None:
        self._database, self._clock = database, clock
        self._session_seconds = session_hours * 3600
        self._version = -1
        self._keys: dict[str, Key] = {}
        self._digests: dict[bytes, str] = {}
        self._sessions: dict[bytes, Session] = {}
        self._used: set[str] = set()
        self._noted_at = clock.monotonic()
        self._changed = asyncio.Event()
        self._one = threading.Lock()

    # -- asked on every request ------------------------------------------------------------------------------

    def known(self, token: str) -> Caller | None:
        """Return who holds a key, as far as this process knows."""
        return self._caller(self._digests.get(digest(token)), None)

    def known_session(self, token: str) -> Caller | None:
        """Return who logged in with a browser, as far as this process knows."""
        found = self._sessions.get(digest(token))
        return self._caller(found.key, found) if found else None

    def by_id(self, id: str, session: str = "") -> Caller | None:  # noqa: A002 - its name everywhere
        """Return the caller with that key (and that session, by the hex of its digest)."""
        if not session:
            return self._caller(id, None)
        found = self._sessions.get(bytes.fromhex(session))
        return self._caller(found.key, found) if found and found.key == id else None

    def _caller(self, name: str | None, session: Session | None) -> Caller | None:
        key, now = self._keys.get(name or ""), self._clock.now()
        if key is None or not key.valid(now) or (session and session.expires_at <= now):
            return None
        ends = [moment for moment in (key.expires_at, session and session.expires_at) if moment]
        self._used.add(key.id)
        return Caller(
            key=key.id,
            name=key.name,
            role=key.role,
            scopes=frozenset(key.scopes),
            expires_at=min(ends, default=None),
            session=session.digest if session else None,
        )

    def still(self, caller: Caller) -> bool:
        """Tell whether a caller who came in may stay."""
        key, now = self._keys.get(caller.key), self._clock.now()
        return (
            key is not None
            and key.valid(now)
            and (caller.expires_at is None or now < caller.expires_at)
            and (caller.session is None or caller.session in self._sessions)
        )

    @property
    def holds_any(self) -> bool:
        """Whether a key was ever made."""
        return bool(self._keys)

    async def until(self, condition: Callable[[], bool], at: datetime | None = None) -> None:
        """Return when `condition` holds; it is asked at every change, and at the moment `at`."""
        while not condition():
            changed = self._changed
            left = (at - self._clock.now()).total_seconds() if at else MOST_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(min(MOST_SECONDS, max(0.01, left))):
                    await changed.wait()

    # -- browsers --------------------------------------------------------------------------------------------

    def log_in(self, caller: Caller) -> tuple[str, datetime]:
        """Begin a browser's session for the holder of a key; return its token and its end."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        ends = now + timedelta(seconds=self._session_seconds)
        if caller.expires_at:
            ends = min(ends, caller.expires_at)
        session = Session(digest=digest(token), key=caller.key, expires_at=ends)
        with self._database.transaction() as connection:
            access.begin_session(connection, session, now)
        self._sessions[session.digest] = session
        return token, ends

    def log_out(self, session: bytes) -> None:
        """End a browser's session."""
        with self._database.transaction() as connection:
            access.end_session(connection, session)
        self.look()

    # -- told of changes -------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read the keys anew if they changed; raises `StoreUnavailable`."""
        with self._one, self._database.transaction() as connection:
            version = access.version(connection)
            if version != self._version:
                self._take(connection)
                self._version = version
            if self._used and self._clock.monotonic() - self._noted_at > NOTE_SECONDS:
                used, self._used = self._used, set()
                access.used(connection, used, self._clock.now())
                self._noted_at = self._clock.monotonic()

    def refresh(self) -> None:
        """Read keys and sessions anew: somebody came with what this process does not know."""
        self._version = -1
        self.look()

    def _take(self, connection: object) -> None:
        found = access.keys(connection)  # type: ignore[arg-type] # drivers live in store
        digests = access.digests(connection)  # type: ignore[arg-type]
        sessions = access.sessions(connection, self._clock.now())  # type: ignore[arg-type]
        self._keys = {key.id: key for key in found}
        self._digests = digests
        self._sessions = {session.digest: session for session in sessions}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for changes until left, and let those know who wait for one."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        well, told = True, -1
        while True:
            try:
                await asyncio.to_thread(self.look)
                well = True
            except StoreUnavailable:
                if well:
                    log.warning("keys are as they last were: the database does not answer")
                well = False
            if self._version != told:
                told = self._version
                self._wake()
            await asyncio.sleep(LOOK_SECONDS)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
