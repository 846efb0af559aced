"""The shipped model beside the usual ways to serve a classifier: same texts, same threads, rounds interleaved."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.peers.plain_models import MINILM, ROBERTA, PlainOnnx, PlainTorch
from benchmarks.report import machine, spread
from groundswell.learning.speed import made_up_posts, read_in_batches, seconds_of
from groundswell.models.load import load

THREADS = 2
ROUNDS = 7
POSTS = 512
SINGLES = 60

_START = """
import time; begin = time.perf_counter()
from groundswell.models.load import load
load("minilm").read(["a first post"])
import psutil
print(time.perf_counter() - begin, psutil.Process().memory_info().rss / 2**20)
"""


def main() -> None:
    """Print posts a second of each way, and the median of each round's ratio."""
    machine("onnxruntime", "torch", "transformers")
    texts = made_up_posts(POSTS)
    ours = load("minilm", threads=THREADS)
    peers = {
        "MiniLM shape, PyTorch float32": PlainTorch(MINILM, threads=THREADS),
        "MiniLM, ONNX Runtime dynamic int8, by count": PlainOnnx(threads=THREADS),
        "RoBERTa-base shape, PyTorch float32": PlainTorch(ROBERTA, threads=THREADS),
    }
    ways: dict[str, Callable[[], object]] = {"groundswell minilm": lambda: read_in_batches(ours, texts)}
    ways |= {name: (lambda peer=peer: peer.read(texts)) for name, peer in peers.items()}
    _compare(ways, POSTS)
    singles = texts[:SINGLES]
    torch = peers["MiniLM shape, PyTorch float32"]
    print("   one post at a time")
    _compare(
        {
            "groundswell minilm": lambda: [ours.read([text]) for text in singles],
            "MiniLM shape, PyTorch float32": lambda: torch.read(singles, batch=1),
        },
        SINGLES,
    )
    _start()


def _compare(ways: dict[str, Callable[[], object]], posts: int) -> None:
    """Run all ways in turn, round by round, so that what disturbs the machine disturbs all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        work()
    for _ in range(ROUNDS):
        for name, work in ways.items():
            seconds[name].append(seconds_of(work))
    first, *others = ways
    for name in ways:
        print(f"   {name:45} {spread([posts / value for value in seconds[name]])} posts/s")
    for name in others:
        ratios = [theirs / mine for mine, theirs in zip(seconds[first], seconds[name], strict=True)]
        print(f"   ÷ {name:43} {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


def _start() -> None:
    """Print how long a fresh process needs to its first answer, and what it holds then."""
    times, memory = [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", _START], check=True, capture_output=True, text=True)
        inside, size = map(float, done.stdout.split())
        times.append(min(inside, time.perf_counter() - begin))
        memory.append(size)
    print(f"   start of a process's model to its first answer {spread(times)} s")
    print(f"   memory of that process                         {spread(memory)} MiB")
