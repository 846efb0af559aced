"""Follows the live stream once for the whole process and hands each event to every client's mailbox."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

from groundswell.api.live.feed import START, Feed, Message, position
from groundswell.api.live.mailbox import Mailbox, Wish
from groundswell.api.live.moves import Moves, Stages
from groundswell.core.clock import Clock
from groundswell.core.errors import Busy
from groundswell.observe import Metrics, logger

log = logger("live")

MAX_CLIENTS, MAX_CLIENTS_PER_KEY = 1_000, 500
"""How many may listen to one process, and how many of them with the same key, so that nobody takes all places."""
NUMBERS_SECONDS = 2.0
MODELS_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 15.0
FIRST_LOOK_SECONDS = 1.0
"""Who joins waits no longer than this to be sure of hearing every later change of a model."""
MAX_PAUSE_SECONDS = 5.0

Numbers = Callable[[], Mapping[str, object]]
"""Reads the day's totals, rate and lag; blocks, and is called off the event loop."""


class Hub:
    """The live feed of one process; belongs to one event loop.

    It reads the stream only while someone listens. The cursor is that of the last event
    handed to the mailboxes, so that a client who resumes gets the events up to it from the
    stream and those behind it from his mailbox: each once.
    """

    def __init__(
        self,
        feed: Feed,
        numbers: Numbers,
        *,
        clock: Clock,
        metrics: Metrics,
        stages: Stages = dict,
        numbers_seconds: float = NUMBERS_SECONDS,
    ) -> None:
        self.feed = feed
        self._numbers, self._numbers_seconds = numbers, numbers_seconds
        self._moves = Moves(stages)
        self._clock, self._metrics = clock, metrics
        self._latest: dict[str, object] = {}
        self._cursor = START
        #: of each client the key it came with
        self._mailboxes: dict[Mailbox, str] = {}
        self._door = asyncio.Lock()
        self._someone = asyncio.Event()

    @property
    def clients(self) -> int:
        """How many are listening."""
        return len(self._mailboxes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read the stream, the totals and the models' stages in a task each until left."""
        tasks = [asyncio.create_task(task) for task in (self._follow(), self._count(), self._watch_models())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def joined(
        self, wish: Wish, *, behind: str | None, key: str = ""
    ) -> AsyncIterator[tuple[Mailbox, str]]:
        """Open a mailbox that gets every event behind the cursor that is handed out with it.

        A client that knows events up to `behind` gets none of them again. `key`: whose key it came with; "" where
        none is needed. Raises `Busy` when too many listen, `StreamUnavailable` when the stream is away.
        """
        async with self._door:
            if len(self._mailboxes) >= MAX_CLIENTS:
                raise Busy("Too many clients listen to the live feed; try again later.")
            if key and list(self._mailboxes.values()).count(key) >= MAX_CLIENTS_PER_KEY:
                raise Busy("Too many clients listen to the live feed with this key; close some of them.")
            if not self._mailboxes:
                _, last = await self.feed.ends()
                self._cursor = max(self._cursor, last, key=position)
                self._moves.forget()
                await self._look_at_models(FIRST_LOOK_SECONDS)
            start = self._cursor
            mailbox = Mailbox(wish, behind=behind or START, clock=self._clock, metrics=self._metrics)
            self._mailboxes[mailbox] = key
        if self._latest:
            mailbox.offer_numbers(self._latest)
        self._gather()
        try:
            yield mailbox, start
        finally:
            del self._mailboxes[mailbox]
            self._gather()

    def _gather(self) -> None:
        self._metrics.set("groundswell_live_clients", len(self._mailboxes))
        if self._mailboxes:
            self._someone.set()
        else:
            self._someone.clear()
            self._latest = {}

    # -- the stream --------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        pause = 0.1
        while True:
            await self._someone.wait()
            try:
                await self._follow_until_alone()
                pause = 0.1
            except Exception as error:  # noqa: BLE001 - the feed of everyone must not end with one failure
                log.warning("live stream not read, trying again", error=type(error).__name__)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(MAX_PAUSE_SECONDS, pause * 2)

    async def _follow_until_alone(self) -> None:
        async with aclosing(self.feed.follow(self._cursor)) as batches:
            async for batch in batches:
                for event in batch:
                    self._hand_out(Message.of(event))
                if not self._mailboxes:
                    return

    def _hand_out(self, message: Message) -> None:
        if message.position <= position(self._cursor):
            return  # read before everyone left, and known to who came since
        for mailbox in self._mailboxes:
            mailbox.offer(message)
        self._cursor = message.cursor

    # -- the totals --------------------------------------------------------------------------------------

    async def _count(self) -> None:
        while True:
            await self._someone.wait()
            await self._count_once()
            await asyncio.sleep(self._numbers_seconds)

    async def _count_once(self) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT_SECONDS):
                self._latest = dict(await asyncio.to_thread(self._numbers))
        except Exception as error:  # noqa: BLE001 - one failure must not end the totals of everyone
            log.warning("totals of the live feed not read", error=type(error).__name__)
            return
        for mailbox in self._mailboxes:
            mailbox.offer_numbers(self._latest)

    # -- the models --------------------------------------------------------------------------------------

    async def _watch_models(self) -> None:
        while True:
            await self._someone.wait()
            await asyncio.sleep(MODELS_SECONDS)
            await self._look_at_models(READ_TIMEOUT_SECONDS)

    async def _look_at_models(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                moves = await asyncio.to_thread(self._moves)
        except Exception as error:  # noqa: BLE001 - one failure must not end the news of everyone
            log.warning("stages of the models not read", error=type(error).__name__)
            return
        for move in moves:
            for mailbox in self._mailboxes:
                mailbox.offer_move(move)
