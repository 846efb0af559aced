"""Where a page of posts ended: an opaque text that the next request hands back."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self, get_args
from uuid import UUID

import orjson

from groundswell.core.errors import InvalidInput
from groundswell.views.filters import ClockName

Order = Literal["newest", "oldest"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """The last post of a page, and the order in which it was the last."""

    order: Order
    clock: ClockName
    moment: datetime
    id: UUID

    def encode(self) -> str:
        """Return the text that `decode` reads; letters, digits, - and _ only."""
        body = orjson.dumps([self.order, self.clock, self.moment, self.id])
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a cursor.

        Raises `InvalidInput` for anything that `encode` did not write.
        """
        try:
            body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            order, clock, moment, key = orjson.loads(body)
            cursor = cls(order=order, clock=clock, moment=datetime.fromisoformat(moment), id=UUID(key))
        except (binascii.Error, ValueError, TypeError, AttributeError):
            raise _invalid() from None
        if order not in get_args(Order) or clock not in get_args(ClockName) or cursor.moment.tzinfo is None:
            raise _invalid()
        return cursor


def _invalid() -> InvalidInput:
    return InvalidInput(
        "Invalid value for parameter 'cursor': take it from metadata.next_cursor of the page before.",
        details={"parameter": "cursor"},
    )
