"""What a dashboard asks, 100 times a second, beside a running ingest: cache hits, and what the answers take.

The whole installation as `up` starts it, with the synthetic source writing all the time. Dashboards ask for five
aggregates in turn, each with the ETag it was given last (so that some answers are 304), at a fixed rate:
a request's time counts from the moment it was due. Budget: hits over 80 %, p95 under 200 ms.

`python -m benchmarks dashboard` asks for 60 seconds; `dashboard:10` for ten.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
from tests.system import System, until

from benchmarks.report import folder, machine, percentile

RATE, INGEST_RATE = 100, 100
WARM_UP_SECONDS, FIRST_SECONDS = 5, 120
BUDGET_HITS, BUDGET_MS = 0.8, 200.0
QUESTIONS = (
    "/api/v1/sentiment/distribution?hours=24",
    "/api/v1/sentiment/distribution?hours=1",
    "/api/v1/sentiment/timeline?hours=24&period=hour",
    "/api/v1/sentiment/timeline?hours=1&period=minute",
    "/api/v1/sentiment/distribution?hours=1&source=synthetic",
)


@dataclass
class _Told:
    """What came back."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


async def _ask(http: httpx.AsyncClient, path: str, tags: dict[str, str], due: float, told: _Told) -> None:
    answer = await http.get(path, headers={"If-None-Match": tags[path]} if path in tags else {})
    told.milliseconds.append(1000 * (time.perf_counter() - due))
    told.statuses[answer.status_code] += 1
    tags[path] = answer.headers.get("ETag", "")


async def _asked(url: str, seconds: float) -> _Told:
    told, tags = _Told(), dict[str, str]()
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        begin, tasks = time.perf_counter(), list[asyncio.Task[None]]()
        for number in range(int(RATE * seconds)):
            due = begin + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            path = QUESTIONS[number % len(QUESTIONS)]
            tasks.append(asyncio.create_task(_ask(http, path, tags, due, told)))
        await asyncio.gather(*tasks)
    return told


def _counted(system: System, name: str, label: str) -> Counter[str]:
    """Return a counter of the API's metrics so far, by one of its labels."""
    found: Counter[str] = Counter()
    for line in system.http.get("/metrics").text.splitlines():
        if line.startswith(f"{name}{{"):
            found[line.partition(f'{label}="')[2].partition('"')[0]] += int(float(line.rpartition(" ")[2]))
    return found


def _looks(system: System) -> Counter[str]:
    return _counted(system, "groundswell_cache_total", "result")


def _settled(system: System) -> int:
    return _counted(system, "groundswell_settled_total", "outcome").total()


def main(seconds: str = "60") -> None:
    """Print both figures beside their budgets."""
    machine("groundswell", "fastapi", "uvicorn")
    arguments = ("--source", "synthetic", "--rate", str(INGEST_RATE))
    with folder() as home, System(home / "data", arguments=arguments) as system:
        until(lambda: _settled(system) > 0, FIRST_SECONDS, "the first analysed post")
        asyncio.run(_asked(system.url, WARM_UP_SECONDS))
        before, began = _looks(system), _settled(system)
        told = asyncio.run(_asked(system.url, float(seconds)))
        looks, ended = _looks(system) - before, _settled(system)
    hits = looks["hit"] / max(1, looks.total())
    p95 = percentile(told.milliseconds, 0.95)
    print(f"   {sum(told.statuses.values()):,} requests at {RATE} a second: {dict(told.statuses)}")
    print(f"   ingested meanwhile: {ended - began:,} posts")
    print(
        f"   cache hits {hits:.1%} (budget {BUDGET_HITS:.0%}): {'kept' if hits > BUDGET_HITS else 'MISSED'}"
    )
    print(
        f"   p50 {percentile(told.milliseconds, 0.5):.1f} ms, p95 {p95:.1f} ms, p99"
        f" {percentile(told.milliseconds, 0.99):.1f} ms (budget p95 {BUDGET_MS:.0f} ms):"
        f" {'kept' if p95 < BUDGET_MS else 'MISSED'}"
    )
