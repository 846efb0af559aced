"""`python -m deploy.checks`: check every file of the deployment; exit 1 when one would not work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.checks import compose, containers, kubernetes, small, terraform, watching, workflows

CHECKS: tuple[Callable[[Path], Iterator[str]], ...] = (
    containers.check,
    compose.check,
    kubernetes.check,
    terraform.check,
    workflows.check,
    watching.check,
    small.check,
)


def problems(root: Path) -> list[str]:
    """Return what is wrong with the deployment in `root`."""
    return [problem for check in CHECKS for problem in check(root)]


def main() -> int:
    """Say every problem on standard error."""
    found = problems(Path(__file__).resolve().parents[2])
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
