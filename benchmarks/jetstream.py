"""Events a second from a Jetstream server's socket through the filter and the door into Valkey, in one process.

The recorded minute of the network is made up: 6 % posts, the rest likes, follows and reposts, none
of it filtered by the server. A server that only writes bytes sends it from a process of its own.
"""

import multiprocessing
import os
import threading
import time
from dataclasses import replace

from tests.jetstream import Jetstream
from tests.servers import start_valkey, stop
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from benchmarks.report import folder, machine
from groundswell.core.clock import SystemClock
from groundswell.ingest.accept import Door
from groundswell.observe import Metrics
from groundswell.sources.bluesky import BlueskyOptions, BlueskySource
from groundswell.sources.bluesky_place import server
from groundswell.stream.connect import client
from groundswell.stream.publish import Publisher

EVENTS, POST_EVERY, WANTED = 100_000, 16, 40_000


def _frames(events: int) -> bytes:
    network, pieces = Jetstream(), []
    for number in range(events):
        kind = {} if number % POST_EVERY == 0 else {"collection": "app.bsky.feed.like"}
        network.post(number, f"post {number} is a wonderful thing to read, or so they say", **kind)
        text = replace(network.happenings.pop(), time_us=1_000_000 + number).v1()
        pieces.append(Frame(Opcode.TEXT, text.encode()).serialize(mask=False))
    return b"".join(pieces)


def _send(events: int, port: "multiprocessing.Queue[int]") -> None:
    data = _frames(events)

    def handle(connection: ServerConnection) -> None:
        connection.socket.sendall(data)
        time.sleep(30)

    # a ping would fall into the middle of a frame: the bytes are written past the library
    with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as serving:
        port.put(serving.socket.getsockname()[1])
        serving.serve_forever()


def main(events: str = str(EVENTS)) -> None:
    """Measure once."""
    machine("websockets", "orjson", "redis")
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    sender = multiprocessing.Process(target=_send, args=(int(events), ports), daemon=True)
    sender.start()
    with folder() as place:
        valkey, redis_url = start_valkey(place)
        try:
            rate, core, accepted = _receive(ports.get(timeout=60), redis_url, int(events))
        finally:
            stop(valkey)
            sender.kill()
    is_kept = core >= WANTED and accepted == -(-int(events) // POST_EVERY)
    print(
        f"   {rate:,.0f} events/s by the wall, {core:,.0f} per second of this process's CPU;"
        f" {accepted:,} posts accepted (budget {WANTED:,} events/s of one core, every post):"
        f" {'kept' if is_kept else 'MISSED'}"
    )


def _receive(port: int, redis_url: str, events: int) -> tuple[float, float, int]:
    redis, clock, stopping = client(redis_url), SystemClock(), threading.Event()
    publisher = Publisher(redis, stream="social_posts", max_entries=1_000_000)
    door = Door(publisher, secret=b"bench", clock=clock, metrics=Metrics())
    options = BlueskyOptions(servers=(server(f"ws://127.0.0.1:{port}/subscribe"),))
    posts = -(-events // POST_EVERY)
    started, cpu, accepted = time.perf_counter(), os.times(), 0
    for batch in BlueskySource(options, clock=clock, stop=stopping).batches(None):
        accepted += door.admit(batch.events).count if batch.events else 0
        if accepted >= posts:
            stopping.set()
    seconds, after = time.perf_counter() - started, os.times()
    busy = after.user + after.system - cpu.user - cpu.system
    redis.close()
    return events / seconds, events / busy, accepted
