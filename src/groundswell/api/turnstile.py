"""What stands first at the door of routes whose model may be full. Plain ASGI."""

from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from groundswell.api import errors
from groundswell.core.errors import Busy


class Turnstile:
    """Refuse what the model has no room for before anything is spent on it.

    Under too much load most requests end in a refusal. One that was first let in, read, parsed and checked cost more
    than twice as much, and what it cost those had to wait for that were let in.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[str, BaseRoute], is_full: Callable[[], bool]) -> None:
        """`routes`: those that need the model, by their paths; all POST."""
        self.app, self.routes, self.is_full = app, routes, is_full

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what there is room for."""
        route = self.routes.get(scope.get("path", ""))
        if route is not None and scope["type"] == "http" and scope["method"] == "POST" and self.is_full():
            scope["route"] = route  # it is counted under its path
            await errors.refuse(scope, receive, send, Busy())
            return
        await self.app(scope, receive, send)
