"""Results kept in Valkey for seconds: computed once by those who ask at the same time, and without Valkey by each."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import redis

from groundswell.core.clock import Clock
from groundswell.observe import Metrics

MOST_KEYS = 10_000
PREFIX = "{cache}:"
INDEX = "{cache}"
MOST_UNKEPT = 32
"""How many results may be on their way to Valkey; whoever computes one more writes it himself."""
RETRY_SECONDS = 1.0
"""How long a server in trouble is left alone."""

_ENTER = """
-- Enter a result in the index, and keep of all results those that expire last. The result itself is written beside
-- this: a script would copy its half a megabyte twice.
-- KEYS: index, result. ARGV: milliseconds it is kept, most keys.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], KEYS[2]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  redis.call('DEL', redis.call('ZPOPMIN', KEYS[1])[1])
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), KEYS[2])
"""


class ResultCache:
    """Keeps results as bytes, at most 10,000 of them; safe to call from several threads.

    Nobody waits until his result is kept: half a megabyte took as long to write as half of its statement. On its way
    it is found here, by this process.
    It holds counts and shares, and words of posts for half a minute at most (`api.aggregates`), so erasure need not
    look here.
    """

    def __init__(
        self, client: redis.Redis, *, clock: Clock, metrics: Metrics, most_keys: int = MOST_KEYS
    ) -> None:
        self._client, self._clock, self._metrics, self._most = client, clock, metrics, most_keys
        self._enter = client.register_script(_ENTER)
        self._lock = threading.Lock()
        self._flights: dict[str, Future[bytes]] = {}
        #: the latest results on their way, and until when they are good; the writer has one task for each name
        self._unkept: dict[str, tuple[bytes, float]] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="results")
        self._quiet_until = 0.0

    def get_or_compute(
        self, key: str, ttl_seconds: float, compute: Callable[[], bytes], *, bypass: bool = False
    ) -> bytes:
        """Return the result kept under `key`, or compute and keep it for `ttl_seconds`.

        Callers that miss the same key at the same time wait for one computation and share its
        result or its error. `bypass` computes anew and keeps that.
        """
        name = named(key)
        kept = None if bypass else self._get(name)
        self._metrics.count("groundswell_cache_total", result=_word(kept, bypass=bypass))
        if kept is not None:
            return kept
        if bypass:
            return self._compute(name, ttl_seconds, compute)
        return self._together(name, lambda: self._look_again(name, ttl_seconds, compute))

    def _together(self, name: str, compute: Callable[[], bytes]) -> bytes:
        with self._lock:
            flight = self._flights.get(name)
            mine = flight is None
            if flight is None:
                flight = self._flights[name] = Future()
        if mine:
            self._fly(name, flight, compute)
        return flight.result()

    def _fly(self, name: str, flight: "Future[bytes]", compute: Callable[[], bytes]) -> None:
        try:
            flight.set_result(compute())
        except BaseException as error:  # noqa: BLE001 - it is raised again, by each who waits
            flight.set_exception(error)
        finally:
            with self._lock:
                del self._flights[name]

    def _look_again(self, name: str, ttl_seconds: float, compute: Callable[[], bytes]) -> bytes:
        """Compute, unless another did between this caller's first look and its turn."""
        kept = self._get(name)
        return self._compute(name, ttl_seconds, compute) if kept is None else kept

    def _compute(self, name: str, ttl_seconds: float, compute: Callable[[], bytes]) -> bytes:
        value = compute()
        result = value, self._clock.monotonic() + ttl_seconds
        with self._lock:
            is_new = name not in self._unkept
            is_room = not is_new or len(self._unkept) < MOST_UNKEPT
            if is_room:
                self._unkept[name] = result
        if not is_room:
            self._tried(lambda: self._put(name, result))
        elif is_new:
            self._writer.submit(self._keep, name)
        return value

    def _keep(self, name: str) -> None:
        """Write the latest result of a name, and once more if another came meanwhile."""
        result = self._unkept[name]
        try:
            self._tried(lambda: self._put(name, result))
        finally:
            with self._lock:
                is_latest = self._unkept[name] is result
                if is_latest:
                    del self._unkept[name]
            if not is_latest:
                self._writer.submit(self._keep, name)

    def _put(self, name: str, result: tuple[bytes, float]) -> None:
        """Enter the result, then write it: what is in the index and not there is no more than an early end."""
        value, until = result
        milliseconds = max(1, int((until - self._clock.monotonic()) * 1000))
        self._enter(keys=[INDEX, name], args=[milliseconds, self._most])
        self._client.set(name, value, px=milliseconds)

    def _get(self, name: str) -> bytes | None:
        value, until = self._unkept.get(name, (None, 0.0))
        if value is not None and self._clock.monotonic() < until:
            return value
        found = self._tried(lambda: self._client.get(name))
        return found if isinstance(found, bytes) else None

    def _tried(self, attempt: Callable[[], object]) -> object:
        """Ask the server; one in trouble counts as empty and is left alone for a second."""
        if self._clock.monotonic() < self._quiet_until:
            return None
        try:
            return attempt()
        except redis.RedisError:
            self._quiet_until = self._clock.monotonic() + RETRY_SECONDS
            return None


def named(key: str) -> str:
    """Return the name under which Valkey has the result of a key."""
    return PREFIX + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _word(kept: bytes | None, *, bypass: bool) -> str:
    if bypass:
        return "bypass"
    return "miss" if kept is None else "hit"
