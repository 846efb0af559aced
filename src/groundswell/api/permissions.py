"""Who may do what: every route declares the permission it needs, else the app does not start."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from groundswell.core.errors import CannotStart

Level = Literal["open", "read", "write", "admin"]
"""`open`: anyone, without a key; `read`: posts and views; `write`: send, erase, decide; `admin`: the rest."""

Allow = Callable[[HTTPConnection, Level], None]
"""Returns for a connection that may, raises for one that may not."""


def everyone(connection: HTTPConnection, level: Level) -> None:
    """Let everyone in: who reaches loopback owns the machine's account."""
    del connection, level


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
