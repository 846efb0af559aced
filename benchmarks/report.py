"""Small helpers of all benchmarks: what they ran on, medians, percentiles."""

import os
import platform
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(*packages: str) -> None:
    """Print what the figures were measured on."""
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    load = os.getloadavg()[0]
    print(f"   {_processor()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"   Python {platform.python_version()}, {versions}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return its name and whether it multiplies 8-bit numbers at once, on which the speed of models depends."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    known = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = known.get("model name", platform.machine())
    return f"{name} ({'with' if 'vnni' in known.get('flags', '') else 'without'} VNNI)"


def spread(values: Sequence[float]) -> str:
    """Return the median and the range."""
    return (
        f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f}, {len(values)} rounds)"
    )


def interval(values: Sequence[float], *, resamples: int = 2_000) -> str:
    """Return the 95 % bootstrap interval of the median (percentile method), in words."""
    draw = random.Random(1)
    medians = [statistics.median(draw.choices(values, k=len(values))) for _ in range(resamples)]
    low, high = percentile(medians, 0.025), percentile(medians, 0.975)
    return f"(95 % interval {low:.1f} to {high:.1f}, {len(values)} rounds)"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="gs-bench-", dir="/tmp") as path:
        yield Path(path)
