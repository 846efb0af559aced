"""A worker's memory over a million posts: the end beside the first tenth of the same run."""

import subprocess
import sys
import time
from pathlib import Path

from tests.system import System

from benchmarks.journey import write_posts
from benchmarks.report import folder, machine

POSTS = 1_000_000
MEBIBYTE = 1024 * 1024


def main() -> None:
    """Print the worker's memory at each tenth."""
    machine("psycopg", "redis")
    with folder() as home, System(home / "data", environment={"GROUNDSWELL_MODEL": "null"}) as system:
        path = home / "million.jsonl"
        write_posts(path, POSTS, "m")
        samples = _samples(system, path)
    for share, bytes_used in samples:
        print(f"   {share:4.0%} of {POSTS:,} posts: {bytes_used / MEBIBYTE:,.1f} MiB")
    print(f"   end ÷ first tenth: {samples[-1][1] / samples[0][1]:.3f}")


def _samples(system: System, path: Path) -> list[tuple[float, int]]:
    command = [sys.executable, "-m", "groundswell", "ingest", f"file:{path}", "--once"]
    command += ["--data-dir", str(system.data_dir)]
    ingester = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    (worker,) = system.members("worker")
    samples: list[tuple[float, int]] = []
    deadline = time.monotonic() + 3600
    while len(samples) < 10 and time.monotonic() < deadline:
        settled = system.get("/api/v1/status")["stream"]["settled"]
        if settled >= (len(samples) + 1) * POSTS / 10:
            samples.append((settled / POSTS, worker.memory_info().rss))
        time.sleep(0.2)
    ingester.wait(60)
    return samples
