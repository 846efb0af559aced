"""A door beside the queue for rare and heavy work: so much at a time, so much waiting, nobody waiting for long."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from groundswell.core.errors import Busy

T = TypeVar("T")


class SideDoor:
    """Runs work on threads of its own; belongs to one event loop."""

    def __init__(self, *, working: int, waiting: int, patience_seconds: float) -> None:
        self._most, self._patience = working + waiting, patience_seconds
        self._threads = ThreadPoolExecutor(working, thread_name_prefix="side door")
        self._lock = threading.Lock()
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns.

        Raises `Busy` when the room is full or the wait too long, else what `work` raises. What was given up before
        it began is not begun.
        """
        self._enter()
        future = self._threads.submit(work)
        future.add_done_callback(self._leave)
        wrapped = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait([wrapped], timeout=self._patience)
            if not done and future.cancel():
                raise Busy
            return await wrapped
        finally:
            # Taken back at once, if it has not begun: cancelling the wrapper alone does so a turn of the loop later,
            # and a thread may begin in between.
            future.cancel()
            wrapped.cancel()

    def _enter(self) -> None:
        with self._lock:
            if self._inside >= self._most:
                raise Busy
            self._inside += 1

    def _leave(self, future: Future[T]) -> None:
        del future
        with self._lock:
            self._inside -= 1
