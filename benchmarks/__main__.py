"""`python -m benchmarks [NAME …]` runs the named benchmarks, or all of them."""

import sys
from importlib import import_module

BENCHMARKS = {
    "journey": "posts a second from a file to committed rollups, beside FastStream one message at a time",
    "live": "from accepted over HTTP to received on a WebSocket, 100 posts/s, 50 clients",
    "startup": "from `up` to the first analysed post; memory of everything together",
    "model": "the shipped model beside PyTorch and plain ONNX Runtime, in bulk, one by one, and from its start",
    "alerts": "incidents a day on calm streams and how soon a jump is caught, beside the plain threshold rule",
    "memory": "a worker's memory over a million posts",
}


def main() -> int:
    """Run what is asked for."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(chosen) - set(BENCHMARKS):
        print(
            f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    for name in chosen:
        print(f"\n== {name}: {BENCHMARKS[name]}")
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
