"""Who may do what, in words: roles, scopes, keys and callers; no I/O."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from groundswell.core.errors import InvalidInput

Role = Literal["viewer", "annotator", "admin"]
Scope = Literal["read", "metrics", "annotate", "send", "write", "admin"]
"""`read`: posts, views and predictions; `metrics`: what Prometheus asks for; `annotate`: correct, label, take
alerts; `send`: bring posts in; `write`: topics, rules, taking single posts away; `admin`: keys, models, whole
authors, the rest."""

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES: tuple[Scope, ...] = get_args(Scope)

_VIEWER: frozenset[Scope] = frozenset({"read", "metrics"})
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    "viewer": _VIEWER,
    "annotator": _VIEWER | {"annotate"},
    "admin": frozenset(SCOPES),
}
"""What a role may do; each role may do what the one before it may."""

PREFIX = "gsk"
SHORTEST_KEY = 20
"""Characters of a key that an operator made up; ours have 76."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewKey:
    """A key at the only moment at which it is known."""

    id: str
    #: what its owner keeps; nobody else can show it again
    token: str


def make_key() -> NewKey:
    """Return a new random key of 256 bits: so long a secret needs no slow hash, SHA-256 keeps it."""
    name = secrets.token_hex(4)
    return NewKey(id=name, token=f"{PREFIX}_{name}_{secrets.token_hex(32)}")


def digest(token: str) -> bytes:
    """Return what is stored of a key, a session or a ticket: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What is known of a key; never the key itself."""

    id: str
    name: str
    role: Role
    scopes: tuple[Scope, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Tell whether the key opens anything at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def scopes_of(role: str, narrowed: Iterable[str] = ()) -> tuple[Scope, ...]:
    """Return what a key of `role` may do, `narrowed` to those scopes where any are given.

    Raises `InvalidInput` for a role or scope that does not exist, or one the role does not have.
    """
    known = next((name for name in ROLES if name == role), None)
    if known is None:
        raise InvalidInput(f"There is no role '{role[:50]}'; a key is {', '.join(ROLES)}.")
    wanted = set(narrowed)
    if unknown := sorted(wanted - set(SCOPES)):
        raise InvalidInput(f"There is no scope '{unknown[0][:50]}'; known are {', '.join(SCOPES)}.")
    if more := sorted(wanted - ROLE_SCOPES[known]):
        raise InvalidInput(f"The role {known} does not have the scope '{more[0]}'.")
    return tuple(scope for scope in SCOPES if scope in (wanted or ROLE_SCOPES[known]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks, and what he may."""

    #: id of the key; "" on loopback without keys
    key: str
    name: str
    role: Role
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    #: digest of the browser session he came with
    session: bytes | None = None


THIS_MACHINE = Caller(key="", name="this machine", role="admin", scopes=frozenset(SCOPES))
"""Everyone, on loopback without keys: who reaches loopback owns the machine's account."""
