"""Bluesky events per CPU second: from a Jetstream's socket through the filter and the door into Valkey.

The recorded minute of the network is made up: 6 % posts, the rest likes, follows and reposts, none
of it filtered by the server. A server that only writes bytes sends it from a process of its own.
What counts is the CPU time of this process, all threads together: how much of one core 40,000 events
a second take. Time by the wall is printed beside it; on a busy machine it says little.
"""

import multiprocessing
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
        if number % POST_EVERY == 0:
            network.post(number, f"post {number} is a wonderful thing to read, or so they say")
        else:
            _react(network, number)
        text = replace(network.happenings.pop(), time_us=1_000_000 + number).v1()
        pieces.append(Frame(Opcode.TEXT, text.encode()).serialize(mask=False))
    return b"".join(pieces)


def _react(network: Jetstream, number: int) -> None:
    """Let somebody like, repost or follow, with records in the shape of the network's lexicons."""
    someone = f"did:plc:author{number % 7}"
    uri = f"at://{someone}/app.bsky.feed.post/3mmojbr{number:06}"
    post = {"cid": "bafyreib2rxk3rybloqtqwdo5cakcxrtblt7xjs5bbtjmyvlfvvgjqcdi5u", "uri": uri}
    kind, subject = (("feed.like", post), ("feed.repost", post), ("graph.follow", someone))[number % 3]
    collection = f"app.bsky.{kind}"
    record = {"$type": collection, "createdAt": "2026-03-01T12:00:01.757Z", "subject": subject}
    commit = {"rev": "3mmoojpaqkn2z", "operation": "create", "collection": collection, "rkey": f"k{number}"}
    network.tell("commit", f"did:plc:reader{number % 11}", commit | {"record": record, "cid": post["cid"]})


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
            seconds, busy, accepted = _receive(ports.get(timeout=60), redis_url, int(events))
        finally:
            stop(valkey)
            sender.kill()
    posts, share = -(-int(events) // POST_EVERY), WANTED * busy / int(events)
    print(
        f"   {int(events):,} events in {busy:.2f} CPU seconds, {int(events) / busy:,.0f} per CPU second:"
        f" {WANTED:,} events/s take {share:.0%} of one core, {accepted:,} of {posts:,} posts accepted"
        f" (budget 100%, every post): {'kept' if share <= 1 and accepted == posts else 'MISSED'};"
        f" {int(events) / seconds:,.0f} events/s by the wall"
    )


def _receive(port: int, redis_url: str, events: int) -> tuple[float, float, int]:
    redis, clock, stopping = client(redis_url), SystemClock(), threading.Event()
    publisher = Publisher(redis, stream="social_posts", max_entries=1_000_000)
    door = Door(publisher, secret=b"bench", clock=clock, metrics=Metrics())
    options = BlueskyOptions(servers=(server(f"ws://127.0.0.1:{port}/subscribe"),))
    posts = -(-events // POST_EVERY)
    started, cpu, accepted = time.perf_counter(), time.process_time(), 0
    for batch in BlueskySource(options, clock=clock, stop=stopping).batches(None):
        accepted += door.admit(batch.events).count if batch.events else 0
        if accepted >= posts:
            stopping.set()
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    redis.close()
    return seconds, busy, accepted
