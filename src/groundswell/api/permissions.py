"""Who may do what: every route declares the permission it needs, else the app does not start."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from groundswell.core.access import Caller, Scope
from groundswell.core.errors import CannotStart, Forbidden, Unauthenticated

Level = Literal["open"] | Scope
"""`open`: anyone, without a key; else the scope that a key needs."""

Allow = Callable[[HTTPConnection, Level], None]
"""Returns for a connection that may, raises for one that may not."""

CALLER = "groundswell.caller"
"""Where the gate leaves in a connection's scope who asks; see `api.access.gate`."""


def by_scope(connection: HTTPConnection, level: Level) -> None:
    """Let in who has the scope.

    Raises `Unauthenticated` for one who showed no key, `Forbidden` for one whose key is not for this.
    """
    caller: Caller | None = connection.scope.get(CALLER)
    if level == "open":
        return
    if caller is None:
        raise Unauthenticated
    if level not in caller.scopes:
        raise Forbidden(f"This key may not do that: it needs the scope '{level}'.", details={"scope": level})


def caller_of(connection: HTTPConnection) -> Caller | None:
    """Return who asks; None: somebody without a key."""
    caller: Caller | None = connection.scope.get(CALLER)
    return caller


class Permission:
    """The dependency that asks whether a connection may use a route."""

    def __init__(self, level: Level) -> None:
        self.level = level

    async def __call__(self, connection: HTTPConnection) -> None:
        """Raise when the connection may not; a coroutine, so that it costs no thread."""
        allow: Allow = connection.app.state.parts.allow
        allow(connection, self.level)


def permission(level: Level) -> Any:
    """Declare what a route needs: `@router.get(…, dependencies=[permission("read")])`."""
    return Depends(Permission(level))


def declared(route: BaseRoute) -> list[Level]:
    """Return the permissions a route declares."""
    dependencies = [depends.dependency for depends in getattr(route, "dependencies", [])]
    return [found.level for found in dependencies if isinstance(found, Permission)]


def require_declared(routes: Iterable[BaseRoute]) -> None:
    """Raise `CannotStart` unless each route declares exactly one permission."""
    for route in routes:
        if len(declared(route)) != 1:
            path = getattr(route, "path", route)
            raise CannotStart(f"The route {path} must declare exactly one permission.")
