"""Every promise has its proof: the page of promises names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text()
NAMED = re.compile(r"`(?P<file>[\w/.…]+?)(?:::(?P<test>\w+))?`")


def proofs(text: str) -> list[tuple[Path, str]]:
    """Return the files and tests that a part of the page names; `…` stands for the file named before."""
    found: list[tuple[Path, str]] = []
    file = ROOT
    for match in NAMED.finditer(text):
        name, test = match["file"], match["test"] or ""
        if name.endswith(".py"):
            file = ROOT / name if name.startswith("benchmarks/") else ROOT / "tests" / name
        elif name != "…":
            continue
        found.append((file, test))
    return found


def test_each_test_that_is_named_is_there() -> None:
    named = proofs(PAGE)
    assert len(named) > 50
    missing = [
        f"{file.relative_to(ROOT)}::{test}"
        for file, test in named
        if not file.is_file() or (test and f"def {test}(" not in file.read_text())
    ]
    assert missing == []


def test_the_promises_of_the_backbone_have_a_proof_each() -> None:
    rows = {int(row[1]): row[2] for row in re.finditer(r"^\| (\d+) \| (.*)$", PAGE, re.MULTILINE)}
    assert set(rows) >= set(range(1, 11))
    assert [number for number, row in rows.items() if not proofs(row)] == []
