"""Tickets for the live feed: each opens one connection, once, within half a minute, in any process."""

import secrets

import redis

from groundswell.core.access import digest
from groundswell.core.errors import Unavailable

SECONDS = 30
PREFIX = "groundswell:ticket:"


class Tickets:
    """Tickets in Valkey, by their SHA-256; what one stands for is the caller's business."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def give(self, stands_for: str) -> str:
        """Return a new ticket; raises `Unavailable` while Valkey does not answer."""
        ticket = secrets.token_urlsafe(32)
        try:
            self._client.set(_name(ticket), stands_for, ex=SECONDS)
        except redis.RedisError as error:
            raise Unavailable from error
        return ticket

    def take(self, ticket: str) -> str | None:
        """Return what a ticket stands for, and None the next time; raises `Unavailable`."""
        try:
            found = self._client.getdel(_name(ticket))
        except redis.RedisError as error:
            raise Unavailable from error
        return found.decode() if isinstance(found, bytes) else None


def _name(ticket: str) -> str:
    return PREFIX + digest(ticket).hex()
