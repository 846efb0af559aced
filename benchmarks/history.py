"""Views, pages and search over millions of posts, each uncached over HTTP, at two sizes a factor of ten apart.

`python -m benchmarks history` seeds a database of half a million posts and one of five million; `history:50000` one
of a tenth of that number and one of it. Posts are seeded by COPY, the rollups recounted from them.
"""

import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from tests.api import make_parts, served
from tests.servers import start_postgres, start_valkey, stop

from benchmarks.report import folder, machine, percentile
from groundswell.api.app import create_app
from groundswell.roles.reading import settle
from groundswell.store import rollups
from groundswell.store.database import Database
from groundswell.store.migrate import migrate
from groundswell.views.cursor import Cursor

MOST = 5_000_000
DAYS = 30
REQUESTS = 100
BUDGET_MS, BUDGET_RATIO = 20.0, 1.5
SEARCH_BUDGET_MS = 100.0
"""For a search there is no budget of growth: it looks at what it finds."""
WORDS = ("launch", "queue", "rain", "lovely", "dull", "station", "friend", "update", "broken", "thanks")
COLUMNS = (
    "id, source, post_id, content, author, created_at, created_clamped, ingested_at, analyzed_at, sentiment,"
    " scores, emotion, model, fallback, meta"
)


def main(most: str = str(MOST)) -> None:
    """Seed, measure, and state each figure beside its budget."""
    machine("groundswell", "fastapi", "psycopg")
    sizes = int(most) // 10, int(most)
    now = datetime.now(UTC)
    with folder() as place:
        postgres, (valkey, redis_url) = start_postgres(place), start_valkey(place)
        try:
            urls = [_seeded(place, size, now) for size in sizes]
            figures = _measured(urls, redis_url, now)
        finally:
            stop(valkey)
            stop(postgres)
    for name, (small, large, ratio) in figures.items():
        print(
            f"   {name:24} p95 {small:7.1f} ms at {sizes[0]:,}, {large:7.1f} ms at {sizes[1]:,} posts"
            f" ({ratio:.2f} times; {_verdict(name, large, ratio)})"
        )


def _seeded(place: Path, size: int, now: datetime) -> str:
    """Make a database of `size` posts; return its address."""
    started = time.perf_counter()
    server = f"host={place}&user=groundswell"
    with psycopg.connect(f"postgresql:///postgres?{server}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE posts_{size}")
    url = f"postgresql:///posts_{size}?{server}"
    migrate(url)
    _seed(url, size, now)
    print(f"   seeded {size:,} posts in {time.perf_counter() - started:,.0f} s")
    return url


def _verdict(name: str, large: float, ratio: float) -> str:
    """Say the budgets, and whether they were kept."""
    if name.startswith("search"):
        return f"budget {SEARCH_BUDGET_MS:.0f} ms: {'kept' if large <= SEARCH_BUDGET_MS else 'MISSED'}"
    is_kept = large <= BUDGET_MS and ratio <= BUDGET_RATIO
    return f"budget {BUDGET_MS:.0f} ms, {BUDGET_RATIO} times: {'kept' if is_kept else 'MISSED'}"


def _measured(urls: Sequence[str], redis_url: str, now: datetime) -> Mapping[str, tuple[float, float, float]]:
    """Return of each question its p95 at either size, and how many times the one is the other.

    Both are asked in turns: what else the machine does meets both alike. The client is a process of its own, as
    clients are: in one with the server each would wait for the other.
    """
    databases = [Database(url) for url in urls]
    with ExitStack() as stack:
        client = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        apps = [create_app(make_parts(redis_url, database=database)) for database in databases]
        ports = [stack.enter_context(served(app)) for app in apps]
        settle()
        found = {
            name: client.submit(_p95, ports, f"{path}?{urlencode(query)}").result()
            for name, (path, query) in _questions(now).items()
        }
    for database in databases:
        database.close()
    return {name: (small, large, large / small) for name, (small, large) in found.items()}


def _questions(now: datetime) -> Mapping[str, tuple[str, dict[str, Any]]]:
    deep = Cursor(
        order="newest", clock="ingested", moment=now - timedelta(days=DAYS / 2), id=uuid.UUID(int=0)
    )
    posts, views = "/api/v1/posts", "/api/v1/sentiment"
    return {
        "distribution 24 h": (f"{views}/distribution", {"hours": 24}),
        "timeline 24 h by minute": (f"{views}/timeline", {"hours": 24, "period": "minute"}),
        "timeline 30 d by hour": (f"{views}/timeline", {"hours": 24 * DAYS, "period": "hour"}),
        "first page": (posts, {}),
        "deep cursor page": (posts, {"cursor": deep.encode()}),
        "search common": (posts, {"q": "launch"}),
        "search rare": (posts, {"q": '"needle 7"'}),
    }


def _p95(ports: Sequence[int], target: str) -> list[float]:
    """Return the 95th percentile of milliseconds until the whole answer was there, for each port; asked in turns."""
    clients = [HTTPConnection("127.0.0.1", port, timeout=60) for port in ports]
    taken: list[list[float]] = [[] for _ in clients]
    for _ in range(REQUESTS + 10):
        for http, times in zip(clients, taken, strict=True):
            times.append(_milliseconds(http, target))
    for http in clients:
        http.close()
    return [percentile(times[10:], 0.95) for times in taken]


def _milliseconds(http: HTTPConnection, target: str) -> float:
    started = time.perf_counter()
    http.request("GET", target, headers={"Cache-Control": "no-cache"})
    answer = http.getresponse()
    answer.read()
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{target} answers {answer.status}")
    return (time.perf_counter() - started) * 1000


def _seed(url: str, size: int, now: datetime) -> None:
    """Fill the table with `size` posts, spread evenly over thirty days, and count them."""
    with psycopg.connect(url) as connection:
        with connection.cursor().copy(f"COPY posts ({COLUMNS}) FROM STDIN") as copy:
            for post in _posts(size, now, seed=size):
                copy.write_row(post)
        rollups.rebuild(connection)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")  # or what was seeded is written to disk while it is measured


def _posts(number: int, now: datetime, *, seed: int) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(seed)
    step = timedelta(days=DAYS) / max(1, number)
    for n in range(number):
        at = now - step * n
        sentiment = chance.choices((0, 1, 2), (3, 4, 3))[0]
        scores = [1000, 1000, 1000]
        scores[sentiment] = 8000
        text = " ".join(chance.choices(WORDS, k=8)) + (f" needle {n % 50}" if n % 20_000 == 7 else "")
        yield (
            uuid.UUID(int=chance.getrandbits(128)), chance.choice(("bluesky", "reddit")), f"{seed}-{n}", text,
            None, at, False, at, at, sentiment, scores, chance.randrange(7), "minilm@1", False, "{}",
        )  # fmt: skip
