"""From a post's request to its arrival on every WebSocket: 100 posts/s over HTTP, 50 clients, beside one client.

The clock starts when the request is sent, so the figure includes the acceptance itself (on disk in the stream).
"""

import asyncio
import time
from itertools import count

import httpx
import orjson
from tests.system import System
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.report import folder, machine, percentile

RATE, SECONDS, CLIENTS, ROUNDS = 100, 20, 50, 3
WARM_UP_POSTS = 100


async def _listen(socket: ClientConnection, arrivals: list[tuple[str, float]]) -> None:
    async for frame in socket:
        event = orjson.loads(frame)
        if event["type"] == "new_post":
            arrivals.append((event["data"]["post_id"], time.perf_counter()))


async def _send(http: httpx.AsyncClient, name: str, sent: dict[str, float]) -> None:
    sent[name] = time.perf_counter()
    post = {"post_id": name, "source": "bench", "content": "The queue at the station was long but friendly."}
    answer = await http.post("/api/v1/posts", json=post)
    answer.raise_for_status()


async def round_of(system: System, clients: int, prefix: str) -> tuple[list[float], int]:
    """Return the milliseconds of every arrival, and how many arrivals are missing."""
    url = system.url.replace("http", "ws") + f"/api/v1/live?rate={RATE * 100}"
    sockets = [await connect(url, compression=None, proxy=None) for _ in range(clients)]
    arrivals: list[tuple[str, float]] = []
    listeners = [asyncio.create_task(_listen(socket, arrivals)) for socket in sockets]
    sent: dict[str, float] = {}
    posts = RATE * SECONDS
    async with httpx.AsyncClient(base_url=system.url, timeout=10, trust_env=False) as http:
        begin, tasks = time.perf_counter(), []
        for number in range(posts):  # open loop: the next post does not wait for the one before
            await asyncio.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
            tasks.append(asyncio.create_task(_send(http, f"{prefix}{number}", sent)))
        await asyncio.gather(*tasks)
    await asyncio.sleep(2)
    for listener, socket in zip(listeners, sockets, strict=True):
        listener.cancel()
        await socket.close()
    warm = {f"{prefix}{number}" for number in range(WARM_UP_POSTS)}
    delays = [1000 * (at - sent[name]) for name, at in arrivals if name in sent and name not in warm]
    return delays, clients * (posts - WARM_UP_POSTS) - len(delays)


def main() -> None:
    """Print the percentiles for one client and for fifty, and their ratio."""
    machine("uvicorn", "websockets")
    names = (f"r{number}-" for number in count())
    one: list[float] = []
    many: list[float] = []
    missing = 0
    with folder() as home, System(home / "data") as system:
        for _ in range(ROUNDS):
            one += asyncio.run(round_of(system, 1, next(names)))[0]
            delays, gone = asyncio.run(round_of(system, CLIENTS, next(names)))
            many, missing = many + delays, missing + gone
    for label, values in (("1 client ", one), (f"{CLIENTS} clients", many)):
        shown = ", ".join(
            f"p{int(share * 100)} {percentile(values, share):.1f}" for share in (0.5, 0.95, 0.99)
        )
        print(f"   {label}: {shown} ms, {len(values):,} arrivals")
    print(f"   missing arrivals: {missing}")
    print(f"   p99 of {CLIENTS} clients ÷ p99 of one: {percentile(many, 0.99) / percentile(one, 0.99):.2f}")
