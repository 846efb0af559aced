"""`python -m benchmarks.openloop PLAN`: sends posts at a fixed rate, whatever comes back, and says what came back when.

A request's time counts from the moment it was due, not from when a connection was free for it, so that a server that
falls behind cannot slow down the clock (coordinated omission). PLAN and the report are JSON.
"""

import asyncio
import json
import resource
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field

MOST_CONNECTIONS = 1_000
TICK_SECONDS = 0.001
GRACE_SECONDS = 5.0
"""Answers are waited for so long after the last request was sent."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is sent."""

    host: str
    port: int
    path: str
    #: JSON bodies, sent in turn
    bodies: list[str]
    #: requests a second
    rate: float
    seconds: float


@dataclass(kw_only=True)
class Report:
    """What came back; times in milliseconds from the moment a request was due."""

    sent: int = 0
    #: of answers with status 200
    good: list[float] = field(default_factory=list)
    #: of answers with status 429
    refused: list[float] = field(default_factory=list)
    #: other answers, broken connections, and no answer at all
    failed: int = 0
    cpu_seconds: float = 0.0


class _Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, sender: "_Sender") -> None:
        self._sender = sender
        self._buffer = b""
        self._due = 0.0
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at `due`."""
        self._due, self._is_waiting = due, True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take in a piece of an answer."""
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.lower().find(b"content-length:", 0, head)
        length = int(self._buffer[at + 15 : self._buffer.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self._buffer) < head + 4 + length:
            return
        status, self._buffer, self._is_waiting = self._buffer[9:12], b"", False
        self._sender.answered(self, status, 1000 * (time.perf_counter() - self._due))

    def connection_lost(self, error: Exception | None) -> None:
        """Count a request that was under way as failed."""
        del error
        self._sender.lost(self, was_waiting=self._is_waiting)


class _Sender:
    def __init__(self, plan: Plan) -> None:
        self._plan, self.report = plan, Report()
        self._free: deque[_Line] = deque()
        self._lines, self._open = 0, 0
        self._late: deque[tuple[bytes, float]] = deque()
        self._requests = [_request(plan, body) for body in plan.bodies]

    async def run(self) -> Report:
        plan, loop = self._plan, asyncio.get_running_loop()
        await asyncio.gather(*(self._connect() for _ in range(64)))
        usage, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        total = int(plan.rate * plan.seconds)
        while self.report.sent < total:
            due_by_now = min(total, int((time.perf_counter() - begin) * plan.rate) + 1)
            for number in range(self.report.sent, due_by_now):
                self._send(self._requests[number % len(self._requests)], begin + number / plan.rate, loop)
            self.report.sent = due_by_now
            await asyncio.sleep(TICK_SECONDS)
        until = time.perf_counter() + GRACE_SECONDS
        while self._open and time.perf_counter() < until:  # noqa: ASYNC110 - nothing to do meanwhile
            await asyncio.sleep(0.01)
        self.report.failed += self._open
        spent = resource.getrusage(resource.RUSAGE_SELF)
        self.report.cpu_seconds = spent.ru_utime + spent.ru_stime - usage.ru_utime - usage.ru_stime
        return self.report

    async def _connect(self) -> None:
        self._lines += 1
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(lambda: _Line(self), self._plan.host, self._plan.port)
        except OSError:
            self._lines -= 1
            return
        self._freed(line)

    def _send(self, request: bytes, due: float, loop: asyncio.AbstractEventLoop) -> None:
        self._open += 1
        if self._free:
            self._free.pop().send(request, due)
            return
        self._late.append((request, due))
        if self._lines < MOST_CONNECTIONS:
            loop.create_task(self._connect())

    def answered(self, line: _Line, status: bytes, milliseconds: float) -> None:
        self._open -= 1
        if status == b"200":
            self.report.good.append(milliseconds)
        elif status == b"429":
            self.report.refused.append(milliseconds)
        else:
            self.report.failed += 1
        self._freed(line)

    def _freed(self, line: _Line) -> None:
        if self._late:
            line.send(*self._late.popleft())
        else:
            self._free.append(line)

    def lost(self, line: _Line, *, was_waiting: bool) -> None:
        self._lines -= 1
        if was_waiting:
            self._open -= 1
            self.report.failed += 1
        elif line in self._free:
            self._free.remove(line)


def _request(plan: Plan, body: str) -> bytes:
    content = body.encode()
    head = (
        f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def main() -> None:
    """Carry out the plan on standard input and print the report."""
    import uvloop

    print(json.dumps(asdict(uvloop.run(_Sender(Plan(**json.load(sys.stdin))).run()))))


if __name__ == "__main__":
    main()
