"""Posts a second from a file to committed rollups with the null model, beside FastStream one message at a time.

Both run on the servers that `groundswell up` started (PostgreSQL and Valkey, both writing to disk at every commit),
with one process that reads the file and one that handles; rounds alternate. The time runs from the first entry
in the stream to the last committed count.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import redis
from tests.system import System

from benchmarks.peers import faststream_journey as peer
from benchmarks.report import folder, machine, spread

POSTS, PEER_POSTS, ROUNDS = 60_000, 3_000, 3
START = datetime(2026, 1, 1, tzinfo=UTC)


def write_posts(path: Path, count: int, name: str) -> None:
    """Write posts of about 100 characters, spread over a day."""
    with path.open("wb") as file:
        for number in range(count):
            created_at = START + timedelta(seconds=number * 86_400 / count)
            text = f"number {number} of the posts that are written for measuring, neither glad nor sad about it at all"
            post = {
                "post_id": f"{name}-{number}",
                "source": "bench",
                "content": text,
                "created_at": created_at,
            }
            file.write(orjson.dumps(post) + b"\n")


def measure(
    stream: Callable[[], int], counted: Callable[[], int], count: int, work: Callable[[], None]
) -> float:
    """Return posts a second from the first entry in the stream to the last committed count."""
    work()
    while not stream():
        time.sleep(0.002)
    begin = time.perf_counter()
    deadline = begin + 600
    while counted() < count:
        if time.perf_counter() > deadline:
            raise TimeoutError(f"{counted()} of {count} posts after ten minutes")
        time.sleep(0.01)
    return count / (time.perf_counter() - begin)


def ours(system: System, home: Path, number: int) -> float:
    """Run our journey once."""
    path = home / f"ours-{number}.jsonl"
    write_posts(path, POSTS, f"ours{number}")
    urls = orjson.loads((system.data_dir / "servers.json").read_bytes())
    command = [sys.executable, "-m", "groundswell", "ingest", f"file:{path}", "--once"]
    command += ["--data-dir", str(system.data_dir)]
    started: list[subprocess.Popen[bytes]] = []
    with (
        psycopg.connect(urls["database_url"], autocommit=True) as sql,
        redis.from_url(urls["redis_url"]) as valkey,
    ):
        query = "SELECT coalesce(sum(n), 0) FROM rollups WHERE clock = 0 AND grain = 0 AND topic = 0"
        before = sql.execute(query).fetchone()[0]  # type: ignore[index]
        added = valkey.xinfo_stream("social_posts")["entries-added"] if valkey.exists("social_posts") else 0
        rate = measure(
            lambda: int(
                valkey.exists("social_posts") and valkey.xinfo_stream("social_posts")["entries-added"] - added
            ),
            lambda: int(sql.execute(query).fetchone()[0] - before),  # type: ignore[index]
            POSTS,
            lambda: started.append(
                subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            ),
        )
    started[0].wait(60)
    return rate


def theirs(system: System, home: Path, number: int) -> float:
    """Run the peer's journey once."""
    path = home / f"theirs-{number}.jsonl"
    write_posts(path, PEER_POSTS, f"theirs{number}")
    urls = orjson.loads((system.data_dir / "servers.json").read_bytes())
    environment = {**os.environ, "DATABASE_URL": urls["database_url"], "REDIS_URL": urls["redis_url"]}
    command = [sys.executable, "-m", "benchmarks.peers.faststream_journey"]
    with (
        psycopg.connect(urls["database_url"], autocommit=True) as sql,
        redis.from_url(urls["redis_url"]) as valkey,
    ):
        sql.execute(peer.SCHEMA)
        valkey.delete(peer.STREAM)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        consumer = subprocess.Popen([*command, "consume"], **quiet)  # type: ignore[call-overload]
        time.sleep(2)
        publisher: list[subprocess.Popen[bytes]] = []
        try:
            return measure(
                lambda: int(valkey.xlen(peer.STREAM)),
                lambda: int(sql.execute("SELECT coalesce(sum(n), 0) FROM peer_rollups").fetchone()[0]),  # type: ignore[index]
                PEER_POSTS,
                lambda: publisher.append(subprocess.Popen([*command, "publish", str(path)], **quiet)),  # type: ignore[call-overload]
            )
        finally:
            for process in [consumer, *publisher]:
                process.terminate()
                process.wait(20)


def main() -> None:
    """Print both rates and their ratio."""
    machine("faststream", "redis", "psycopg")
    with folder() as home, System(home / "data", environment={"GROUNDSWELL_MODEL": "null"}) as system:
        mine, peers = [], []
        for number in range(ROUNDS):
            mine.append(ours(system, home, number))
            peers.append(theirs(system, home, number))
        ratio = statistics.median(a / b for a, b in zip(mine, peers, strict=True))
    print(f"   groundswell, file to committed rollup: {spread(mine)} posts/s")
    print(f"   faststream, one message at a time:     {spread(peers)} posts/s")
    print(f"   ratio {ratio:.1f}")
