"""An API that asks for keys, and the keys that open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from groundswell.api.access.guards import Keys
from groundswell.api.access.keyring import Keyring
from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.cache.rates import Rates
from groundswell.cache.tickets import Tickets
from groundswell.core.clock import SystemClock
from groundswell.store import access
from groundswell.store.access import Wanted
from groundswell.store.audit import Actor
from groundswell.store.database import Database

BY = Actor(name="a test")


@dataclass(frozen=True, kw_only=True)
class Locked:
    """The app, its database, and a key for each role."""

    app: FastAPI
    parts: Parts
    database: Database
    keyring: Keyring
    viewer: str
    annotator: str
    admin: str

    def make(self, *scopes: str, role: str = "admin", seconds: float | None = None) -> tuple[str, str]:
        """Make a key; return its id and the key."""
        now = SystemClock().now()
        ends = now + timedelta(seconds=seconds) if seconds is not None else None
        wanted = Wanted(name="made", role=role, scopes=scopes, expires_at=ends)
        with self.database.transaction() as connection:
            key, made = access.create(connection, wanted, by=BY, at=now)
        return key.id, made.token

    def revoke(self, token: str) -> None:
        """End a key, as another process would: this one is not told."""
        with self.database.transaction() as connection:
            access.revoke(connection, token.split("_")[1], by=BY, at=SystemClock().now())


def bearer(key: str) -> dict[str, str]:
    """Return the header that shows a key."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def locked(
    database_url: str,
    redis_url: str,
    parts_of: Callable[..., Parts],
    *,
    per_key: int = 0,
    per_address: int = 0,
    only_with_keys: bool = False,
    has_keys: bool = True,
    **changes: Any,
) -> Iterator[Locked]:
    """Yield an API that asks for keys."""
    clock = SystemClock()
    with closing(Database(database_url)) as database:
        keyring = Keyring(database, clock=clock)
        parts = parts_of(database=database, **changes)
        guard = Keys(
            keyring,
            Rates(redis_url, clock=clock),
            Tickets(parts.redis),
            per_key=per_key,
            per_address=per_address,
            only_with_keys=only_with_keys,
        )
        tokens = {"viewer": "", "annotator": "", "admin": ""}
        for role in tokens if has_keys else ():
            with database.transaction() as connection:
                _, made = access.create(
                    connection, Wanted(name=f"the {role}", role=role), by=BY, at=clock.now()
                )
            tokens[role] = made.token
        keyring.look()
        parts = Parts(**{**vars(parts), "guard": guard})
        yield Locked(app=create_app(parts), parts=parts, database=database, keyring=keyring, **tokens)
