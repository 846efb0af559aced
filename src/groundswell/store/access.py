"""The only writer of keys and browser sessions; every change is announced to all processes and audited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from groundswell.core.access import SHORTEST_KEY, Key, NewKey, Scope, digest, make_key, scopes_of
from groundswell.core.errors import BadSettings, NotFound
from groundswell.store import audit
from groundswell.store.audit import Actor
from groundswell.store.statements import load

SQL = load("groundswell.store", "access")

SETTING_NAME = "GROUNDSWELL_ADMIN_KEY"
NAME_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a new key is to be."""

    name: str
    role: str = "viewer"
    #: of the role's scopes only these; none: all of them
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


def create(connection: psycopg.Connection, wanted: Wanted, *, by: Actor, at: datetime) -> tuple[Key, NewKey]:
    """Make a key and return it with its token, which is never shown again.

    Raises `InvalidInput` for a role or scope that does not exist.
    """
    scopes, new = scopes_of(wanted.role, wanted.scopes), make_key()
    _add(connection, new.id, new.token, wanted, scopes, by=by, at=at)
    return get(connection, new.id), new


def adopt(connection: psycopg.Connection, token: str, *, at: datetime) -> None:
    """Let the key that a setting names open everything, and no longer the one it named before.

    A key that was revoked stays so. Raises `BadSettings` for one that is too short.
    """
    if len(token) < SHORTEST_KEY:
        raise BadSettings(f"{SETTING_NAME} must have at least {SHORTEST_KEY} characters.")
    by = Actor(name=SETTING_NAME)
    known = digest(token)
    _add(
        connection,
        f"set-{known.hex()[:8]}",
        token,
        Wanted(name=SETTING_NAME, role="admin"),
        scopes_of("admin"),
        by=by,
        at=at,
        from_setting=True,
    )
    if connection.execute(SQL["revoke_setting"], {"digest": known, "at": at}).rowcount:
        connection.execute(SQL["moved"])
        audit.write(connection, by, "key.revoke", SETTING_NAME, "replaced", at=at)


def _add(
    connection: psycopg.Connection,
    id: str,  # noqa: A002 - its name everywhere
    token: str,
    wanted: Wanted,
    scopes: Sequence[Scope],
    *,
    by: Actor,
    at: datetime,
    from_setting: bool = False,
) -> None:
    values = {
        "id": id,
        "name": wanted.name[:NAME_CHARACTERS],
        "digest": digest(token),
        "role": wanted.role,
        "scopes": list(scopes),
        "at": at,
        "by": by.name,
        "expires_at": wanted.expires_at,
        "from_setting": from_setting,
    }
    if connection.execute(SQL["add_key"], values).rowcount:
        connection.execute(SQL["moved"])
        audit.write(connection, by, "key.create", f"{id} {wanted.role}", "done", at=at)


def revoke(connection: psycopg.Connection, id: str, *, by: Actor, at: datetime) -> Key:  # noqa: A002
    """End a key; one that ended before stays as it is. Raises `NotFound`."""
    found = get(connection, id)
    if connection.execute(SQL["revoke_key"], {"id": id, "at": at}).rowcount:
        connection.execute(SQL["moved"])
        audit.write(connection, by, "key.revoke", id, "done", at=at)
        return get(connection, id)
    return found


def get(connection: psycopg.Connection, id: str) -> Key:  # noqa: A002
    """Return what is known of a key, or raise `NotFound`."""
    found = next((key for key in keys(connection) if key.id == id), None)
    if found is None:
        raise NotFound(f"There is no key '{id[:50]}'; see `groundswell keys list`.")
    return found


def keys(connection: psycopg.Connection) -> list[Key]:
    """Return every key there ever was, oldest first."""
    with connection.cursor(row_factory=class_row(Key)) as cursor:
        return [replace(key, scopes=tuple(key.scopes)) for key in cursor.execute(SQL["keys"])]


def digests(connection: psycopg.Connection) -> dict[bytes, str]:
    """Return what each key is recognised by, and its id."""
    return {bytes(found): name for found, name in connection.execute(SQL["digests"]).fetchall()}


def any_key(connection: psycopg.Connection) -> bool:
    """Tell whether a key was ever made: from then on, keys are asked for."""
    row = connection.execute(SQL["any_key"]).fetchone()
    return bool(row and row[0])


def any_valid(connection: psycopg.Connection, now: datetime) -> bool:
    """Tell whether there is a key that opens anything."""
    row = connection.execute(SQL["any_valid"], {"now": now}).fetchone()
    return bool(row and row[0])


def version(connection: psycopg.Connection) -> int:
    """Return how often keys and sessions changed."""
    row = connection.execute(SQL["version"]).fetchone()
    return int(row[0]) if row else 0


def used(connection: psycopg.Connection, ids: Iterable[str], at: datetime) -> None:
    """Note that keys were used."""
    connection.execute(SQL["used"], {"ids": sorted(ids), "at": at})


# -- browsers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that logged in."""

    digest: bytes
    key: str
    expires_at: datetime


def begin_session(connection: psycopg.Connection, session: Session, at: datetime) -> None:
    """Keep a browser's session; expired ones are forgotten."""
    connection.execute(SQL["forget_sessions"], {"now": at})
    values = {"digest": session.digest, "key": session.key, "expires_at": session.expires_at, "at": at}
    connection.execute(SQL["add_session"], values)


def end_session(connection: psycopg.Connection, digest: bytes) -> None:
    """End a browser's session in every process."""
    if connection.execute(SQL["end_session"], {"digest": digest}).rowcount:
        connection.execute(SQL["moved"])


def sessions(connection: psycopg.Connection, now: datetime) -> list[Session]:
    """Return the sessions that hold."""
    rows = connection.execute(SQL["sessions"], {"now": now}).fetchall()
    return [Session(digest=bytes(found), key=key, expires_at=expires) for found, key, expires in rows]
