"""Heavy work: so much at a time, so much waiting, and the rest is told at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.chains import soon

from groundswell.analysis.sidedoor import SideDoor
from groundswell.core.errors import Busy, UnreadableText


async def test_so_many_work_so_many_wait_and_the_rest_is_told() -> None:
    door, release, begun = SideDoor(working=1, waiting=1, patience_seconds=30), threading.Event(), list[int]()

    def work(number: int) -> int:
        begun.append(number)
        release.wait(10)
        return number

    first, second = (asyncio.create_task(door.run(lambda n=n: work(n))) for n in (1, 2))  # type: ignore[misc]
    await soon(lambda: begun == [1])
    with pytest.raises(Busy):
        await door.run(lambda: 3)
    assert begun == [1]
    release.set()
    assert (await first, await second) == (1, 2)
    assert await door.run(lambda: 4) == 4


async def test_what_waited_too_long_is_never_begun() -> None:
    door, release, begun = (
        SideDoor(working=1, waiting=5, patience_seconds=0.01),
        threading.Event(),
        list[int](),
    )
    first = asyncio.create_task(door.run(lambda: release.wait(10)))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await door.run(lambda: begun.append(1))
    release.set()
    _until_idle(door)  # before the loop turns: what was given up is gone at once, not a turn later
    assert begun == []
    assert await first is True  # what has begun is waited for


def _until_idle(door: SideDoor) -> None:
    """Block this thread, and its loop, until the door's one thread has come to what is asked of it now."""
    door._threads.submit(lambda: None).result(timeout=10)


async def test_who_is_gone_gives_up_his_place() -> None:
    door, release, begun = SideDoor(working=1, waiting=1, patience_seconds=30), threading.Event(), list[int]()
    first = asyncio.create_task(door.run(lambda: release.wait(10)))
    second = asyncio.create_task(door.run(lambda: begun.append(2)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.create_task(door.run(lambda: begun.append(3)))
    release.set()
    await asyncio.gather(first, third)
    assert begun == [3]


async def test_an_error_is_the_callers() -> None:
    def fail() -> None:
        raise UnreadableText

    door = SideDoor(working=1, waiting=0, patience_seconds=5)
    for _ in range(3):
        with pytest.raises(UnreadableText):
            await door.run(fail)
