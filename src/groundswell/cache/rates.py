"""Counts requests against a limit, across all processes in Valkey; while that is away, each process by itself."""

from dataclasses import dataclass

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from groundswell.core.clock import Clock

RETRY_SECONDS = 1.0
"""How long a server in trouble is left alone."""
ANSWER_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What is left of a limit after one request."""

    allowed: bool
    limit: int
    remaining: int
    #: seconds until the whole limit is there again
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the header fields that tell a client (draft-ietf-httpapi-ratelimit-headers-07)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w=60",
        }


class Rates:
    """Requests per minute by any name; belongs to one event loop."""

    def __init__(self, redis_url: str, *, clock: Clock, prefix: str = "groundswell:rates") -> None:
        self._clock, self._quiet_until = clock, 0.0
        self._storage = storage = RedisStorage(
            _address(redis_url),
            implementation="redispy",
            key_prefix=prefix,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type] # goes to the client as it is
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        )
        self._shared, self._own = FixedWindowRateLimiter(storage), FixedWindowRateLimiter(MemoryStorage())

    async def close(self) -> None:
        """Close the connections."""
        await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined] # each bridge has one

    async def count(self, kind: str, name: str, per_minute: int) -> Allowance:
        """Count one request of `name` against its limit of requests a minute."""
        item = RateLimitItemPerMinute(per_minute)
        if self._clock.monotonic() >= self._quiet_until:
            try:
                return await self._count(self._shared, item, kind, name)
            except (redis.RedisError, OSError):
                self._quiet_until = self._clock.monotonic() + RETRY_SECONDS
        return await self._count(self._own, item, kind, name)

    async def _count(
        self, limiter: FixedWindowRateLimiter, item: RateLimitItem, kind: str, name: str
    ) -> Allowance:
        allowed = await limiter.hit(item, kind, name)
        stats = await limiter.get_window_stats(item, kind, name)
        reset = max(0, round(stats.reset_time - self._clock.now().timestamp()))
        return Allowance(
            allowed=allowed,
            limit=item.amount,
            remaining=max(0, stats.remaining),
            reset_seconds=min(60, reset),
        )


def _address(url: str) -> str:
    """Return a URL of Valkey as `limits` names it."""
    scheme, _, rest = url.partition("://")
    return f"async+redis+unix://{rest}" if scheme == "unix" else f"async+{scheme}://{rest}"
