"""Clients of Valkey or Redis that never repeat a command on their own and never wait without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from groundswell.core.errors import StreamUnavailable

Client = redis.Redis
"""What `client` returns, for those who only pass it on."""

ANSWER_SECONDS = 5.0
"""How long any command may take; a blocking read waits less than this minus `MARGIN_SECONDS`."""

MARGIN_SECONDS = 3.0

MAX_CONNECTIONS = 64
"""More than the threads of an API process, so that none finds the pool empty."""

_OPTIONS: dict[str, Any] = {
    "socket_timeout": ANSWER_SECONDS,
    "socket_connect_timeout": 2.0,
    "health_check_interval": 15,
    "protocol": 2,
}


def client(url: str, *, blocking: bool = False) -> redis.Redis:
    """Return a client that answers bytes; `blocking` gives one for a single blocking reader of its own.

    redis-py repeats every command up to ten times by default, also those that must not run
    twice: one XADD whose reply is lost becomes two entries. Here nothing is repeated; whoever
    calls decides.
    """
    connections = 2 if blocking else MAX_CONNECTIONS
    retry = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, retry=retry, max_connections=connections, **_OPTIONS)


def async_client(url: str) -> redis.asyncio.Redis:
    """Return the asyncio twin of `client`, for one reader of the live feed."""
    retry = redis.asyncio.retry.Retry(NoBackoff(), 0)
    return redis.asyncio.Redis.from_url(url, retry=retry, max_connections=2, **_OPTIONS)


def command(client: redis.Redis, *arguments: str | int | bytes) -> Any:
    """Run one command and return the server's answer as redis-py shapes it."""
    return client.execute_command(*arguments)  # type: ignore[no-untyped-call]


@contextmanager
def doubt_is_unavailable() -> Iterator[None]:
    """Turn every trouble with the server into `StreamUnavailable`: the command may have run or not."""
    try:
        yield
    except redis.RedisError as error:
        raise StreamUnavailable("The stream's server does not answer; try again later.") from error


def assert_durable(client: redis.Redis) -> str | None:
    """Return None if a reply means "on disk", else one sentence about what can be lost.

    Promise 3 of the stream: 202 means on disk. It holds with an append-only file that is
    synced before each reply; and only while no eviction policy may drop the stream.
    """
    try:
        found = {name: _setting(client, name) for name in ("appendonly", "appendfsync", "maxmemory-policy")}
    except redis.ResponseError:
        return "The stream's server hides its settings; whether accepted posts survive a crash is up to it."
    if found["appendonly"] != "yes":
        return "The stream is kept in memory only: a crash loses accepted posts; set appendonly yes."
    if found["appendfsync"] != "always":
        return "A power cut can lose the last second of accepted posts; set appendfsync always."
    if found["maxmemory-policy"].startswith("allkeys"):
        return (
            "The stream's server may evict the stream when memory is short; set maxmemory-policy noeviction."
        )
    return None


def _setting(client: redis.Redis, name: str) -> str:
    """Return one setting of the server, or raise `ResponseError` where it is not shown."""
    answer = command(client, "CONFIG", "GET", name)
    if not answer:
        raise redis.ResponseError(f"{name} is not shown")
    return bytes(answer[1]).decode()
