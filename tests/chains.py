"""Chains of models for tests: what answers, fails, hangs or is slow, at will."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

from groundswell.analysis.backend import Backend
from groundswell.analysis.breaker import Breaker, BreakerRules
from groundswell.analysis.failsafe import Failsafe
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import ModelUnavailable, UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.port import Model, ModelInfo, Patience
from groundswell.observe import Metrics


class Puppet:
    """A model that does as told: `mood` is fine, dead, broken or hang; it cannot read "bad"."""

    def __init__(self, name: str = "puppet@1", mood: str = "fine") -> None:
        key, _, version = name.partition("@")
        self.info = ModelInfo(
            key=key, version=version or "1", description="", labels=("neutral",), has_emotions=False
        )
        self.mood = mood
        self.calls: list[list[str]] = []
        self.released = threading.Event()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.calls.append(list(texts))
        if self.mood == "dead":
            raise ModelUnavailable
        if self.mood == "broken":
            raise RuntimeError("a library is out of order")
        if self.mood == "hang":
            self.released.wait(20)
        if "bad" in texts:
            raise UnreadableText
        if "poison" in texts:
            raise ZeroDivisionError
        return [Reading(scores=(0.0, 1.0, 0.0), model_used=self.info.name) for _ in texts]

    def explain(self, text: str) -> list[Attribution]:
        return [Attribution(token=text, start=0, end=len(text), weight=1.0)]


def backend(
    model: Model | Callable[[], Model | None] | None,
    *,
    name: str = "local",
    clock: Clock | None = None,
    seconds: float = 10,
    rules: BreakerRules | None = None,
    **changes: Any,
) -> Backend:
    """Return a backend around a model, or around what returns one."""
    found = clock or SystemClock()
    current = model if callable(model) else lambda: model
    breaker = Breaker(name, rules or BreakerRules(), found)
    return Backend(name, current, breaker, clock=found, patience=Patience(seconds=seconds), **changes)


def chain(primary: Model | Backend | None, *fallbacks: Model | Backend) -> Failsafe:
    """Return a chain of models or backends."""
    first, *rest = [
        one if isinstance(one, Backend) else backend(one, name=f"b{place}")
        for place, one in enumerate((primary, *fallbacks))
    ]
    return Failsafe(first, rest, metrics=Metrics())


async def soon(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until a condition holds, while other tasks of the loop go on."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is awaited happens in threads, too
            await asyncio.sleep(0.001)
