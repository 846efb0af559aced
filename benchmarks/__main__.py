"""`python -m benchmarks [NAME[:ARGUMENT] …]` runs the named benchmarks, or all but those on demand."""

import sys
from importlib import import_module

from groundswell.observe import configure_logging

BENCHMARKS = {
    "journey": "posts a second from a file to committed rollups, beside FastStream one message at a time",
    "live": "from accepted over HTTP to received on a WebSocket, 100 posts/s, 50 clients",
    "startup": "from `up` to the first analysed post; memory of everything together",
    "model": "the shipped model beside PyTorch and plain ONNX Runtime: bulk, one by one, start (model:64 for fewer)",
    "serving": "posts a second over HTTP, one a request, beside LitServe and Infinity (serving:PEERS); on demand",
    "alerts": "incidents a day on calm streams and how soon a jump is caught, beside the plain threshold rule",
    "history": "views, pages and search over 0.5 and 5 million posts (history:50000 for fewer); on demand",
    "dashboard": "cache hits and p95 of 100 aggregate queries/s beside a running ingest (dashboard:10 for ten seconds)",
    "page": "the dashboard in a browser: first paint, a post until it is drawn, tasks that hold frames up (page:20)",
    "jetstream": "the share of one core that 40,000 Bluesky events/s take, filtered and accepted",
    "reanalysis": "posts a second that another head reads from stored vectors, committed, beside the encoder",
    "retrain": "seconds until heads have learned from 1,000 items of feedback and the gate has decided, by part",
    "drift": "false alarms of drift on stationary weeks, and how soon shifts are seen (drift:50 for fifty weeks)",
    "memory": "a worker's memory over a million posts",
}

ON_DEMAND = {"history", "serving"}
"""Run only when they are named: they take many minutes, gigabytes or other environments."""


def main() -> int:
    """Run what is asked for."""
    chosen = sys.argv[1:] or [name for name in BENCHMARKS if name not in ON_DEMAND]
    asked = [name.partition(":") for name in chosen]
    if unknown := {name for name, _, _ in asked} - set(BENCHMARKS):
        print(
            f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    # Unconfigured, every request and batch would print a line.
    configure_logging("WARNING", "console", "bench")
    for name, _, argument in asked:
        print(f"\n== {name}: {BENCHMARKS[name]}")
        import_module(f"benchmarks.{name}").main(*filter(None, [argument]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
