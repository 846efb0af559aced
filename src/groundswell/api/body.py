"""What the body of a request may be: so large, so deep, so slow, and never packed. Plain ASGI."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.api import errors
from groundswell.core.errors import GroundswellError, TooLarge, TooSlow, UnsupportedMedia

SWALLOWED_BODIES, SWALLOW_SECONDS = 8, 5.0
"""A body up to so many times the limit is read and dropped, for so long."""


async def _swallow(receive: Receive) -> None:
    """Read a body to its end: a client that is still sending would meet a closed connection, not the answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SWALLOW_SECONDS):
            while (await receive()).get("more_body"):
                pass


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyRules:
    """What a request's body may be."""

    #: largest, in bytes
    most: int
    #: deepest nesting of JSON
    depth: int = 64
    #: time to send it
    seconds: float = 30.0


class BodyLimit:
    """Refuse a body that is too large, too deep, too slow or packed, before anything reads it.

    The framework's own limit answers in plain text, outside of the envelope. A packed body could
    be any size when unpacked, and nobody needs one.
    """

    def __init__(self, app: ASGIApp, rules: BodyRules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body read; raises nothing."""
        if scope["type"] != "http" or not _has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self.rules.most:
            if int(declared) <= SWALLOWED_BODIES * self.rules.most:
                await _swallow(receive)
            await errors.refuse(scope, receive, send, TooLarge())
            return
        try:
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise UnsupportedMedia
            async with asyncio.timeout(self.rules.seconds):
                body = await self._read(receive)
            if body is not None and deeper_than(body, self.rules.depth):
                raise errors.InvalidJson(f"The body is nested more than {self.rules.depth} levels deep.")
        except (GroundswellError, TimeoutError) as error:
            known = error if isinstance(error, GroundswellError) else TooSlow()
            await errors.refuse(scope, receive, send, known)
            return
        if body is not None:  # else the client left
            await self.app(scope, _replayed(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the whole body; None when the client left. Raises `TooLarge`."""
        pieces, read = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            read += len(message.get("body", b""))
            if read > self.rules.most:
                await _swallow(receive)
                raise TooLarge
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(pieces)


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _replayed(body: bytes, receive: Receive) -> Receive:
    is_told = False

    async def replaying() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A string, also one that never ends: so each byte is looked at once."""
_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def deeper_than(body: bytes, most: int) -> bool:
    """Tell whether JSON is nested more than `most` levels deep, without parsing it.

    What stands in quotes goes, then all but brackets, then the innermost pairs, once for each level.
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    left = _STRING.sub(b"", body).translate(_ONE_KIND, _BRACKETS)
    for _ in range(most):
        inside = left.replace(b"[]", b"")
        if len(inside) == len(left):
            break
        left = inside
    return b"[]" in left or left.count(b"[") > most  # what never closes is the parser's to refuse
