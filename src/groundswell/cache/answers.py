"""Keeps the answer to a request with an Idempotency-Key, so that sending it again does nothing twice."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis

from groundswell.core.errors import Conflict, Unavailable
from groundswell.observe import logger

log = logger("cache")

DAY_SECONDS = 24 * 60 * 60
CLAIM_SECONDS = 60
"""How long a request may take before its key is free again, if it died without an answer."""

MAX_KEPT = 10_000
MAX_ANSWER_BYTES = 4_096
"""Of a larger answer only the key is kept; the request is then carried out again, which adds nothing."""

_KEEP = """
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if surplus > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[2], surplus)
  for i = 1, #oldest, 2 do redis.call('DEL', oldest[i]) end
end
"""
"""Keep an answer and forget the oldest beyond the limit; all keys share one hash slot."""


class KeyReused(Conflict):
    """This Idempotency-Key came with another body before; use a new key for a new request."""

    code = "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A key held by one request, or the answer an earlier request with it got."""

    name: str
    body_hash: bytes
    #: the kept answer; None: carry the request out
    answer: bytes | None


class KeptAnswers:
    """Answers by key for a day, at most 10,000."""

    def __init__(self, client: redis.Redis, *, prefix: str = "{groundswell:answers}") -> None:
        self._client, self._prefix = client, prefix

    def claim(self, key: str, body: bytes) -> Claim:
        """Take `key` for a request with `body`.

        Raises `KeyReused` when the key belongs to a request with another body. Two requests
        with the same key and body at the same time are both carried out: posts count once.
        Raises `Unavailable` while Valkey does not answer; nothing was done then.
        """
        body_hash = hashlib.sha256(body).digest()
        name = f"{self._prefix}:{hashlib.sha256(key.encode()).hexdigest()}"
        try:
            kept: Any = self._client.set(name, body_hash, nx=True, get=True, ex=CLAIM_SECONDS)
        except redis.RedisError as error:
            raise Unavailable from error
        if kept is not None and kept[:32] != body_hash:
            raise KeyReused
        return Claim(name=name, body_hash=body_hash, answer=(kept or b"")[32:] or None)

    def keep(self, claim: Claim, answer: bytes, now: float) -> None:
        """Keep the answer to a claimed request, if Valkey lets us; `now` in seconds says how old it is."""
        value = claim.body_hash + (answer if len(answer) <= MAX_ANSWER_BYTES else b"")
        index = f"{self._prefix}:index"
        try:
            self._client.eval(_KEEP, 2, claim.name, index, value, DAY_SECONDS, now, MAX_KEPT)
        except redis.RedisError as error:
            log.warning("answer not kept; sent again the request is carried out again", error=str(error))

    def release(self, claim: Claim) -> None:
        """Give a key back whose request failed; if that fails, too, it is free after a minute."""
        with suppress(redis.RedisError):
            self._client.delete(claim.name)
