"""How fast a model reads on this machine: in bulk, one post at a time, and from its start."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.models.load import load_named_or_folder
from groundswell.models.port import Model

_WORDS = (  # noqa: SIM905 (reads better than sixty quotes)
    "the a to and of in is it you for on that this with my at be have not so just are out what good great love "
    "day game tomorrow really happy bad never night time people think watching wait best sad team phone train "
    "update broken terrible amazing support tickets finally @someone #MondayMood http://t.co/abc123 :) !!! lol"
).split()

BATCH = 1_024
"""Posts read at once in the bulk measurement; what workers and `score` use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """What was measured; times in seconds."""

    model: str
    threads: int
    #: one value a round
    posts_per_second: list[float]
    one_post_p50: float
    one_post_p99: float
    start_to_first_answer: float


def made_up_posts(count: int, *, seed: int = 1) -> list[str]:
    """Return posts with the lengths of tweets: 4 to 28 words, 16 on average; the same for the same seed."""
    random = np.random.default_rng(seed)
    lengths = np.clip(random.normal(16, 6, count), 4, 28).astype(int)
    return [" ".join(random.choice(_WORDS, length)) for length in lengths]


def measure(name: str, *, threads: int, posts: int, rounds: int) -> Speed:
    """Measure a model by name; `posts` are read in every round."""
    texts = made_up_posts(posts)
    begin = time.perf_counter()
    model = load_named_or_folder(name, threads=threads)
    model.read(texts[:1])
    start = time.perf_counter() - begin
    bulk = [posts / seconds_of(lambda: read_in_batches(model, texts)) for _ in range(rounds)]
    single = [seconds_of(lambda text=text: model.read([text])) for text in texts[:200]]  # type: ignore[misc]
    return Speed(
        model=model.info.name,
        threads=threads,
        posts_per_second=bulk,
        one_post_p50=float(np.quantile(single, 0.5)),
        one_post_p99=float(np.quantile(single, 0.99)),
        start_to_first_answer=start,
    )


def read_in_batches(model: Model, texts: Sequence[str]) -> None:
    """Read all texts, a batch at a time."""
    for at in range(0, len(texts), BATCH):
        model.read(texts[at : at + BATCH])


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
