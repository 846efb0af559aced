"""The Dockerfile, what goes to the builder, and the images of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.checks.common import program, run


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    yield from (f"Dockerfile: {found}" for found in _dockerfile(root / "Dockerfile"))
    yield from (f".dockerignore: {found}" for found in _ignore(root))
    yield from (f"deploy/images.lock: {found}" for found in _images(root))


def _dockerfile(path: Path) -> Iterator[str]:
    linter = program("hadolint")
    if linter is None:
        yield "hadolint is missing; run `make setup`"
        return
    code, says = run([linter, "--no-color", "--failure-threshold", "info", str(path)])
    if code:
        yield says
    text = path.read_text()
    last = re.split(r"(?m)^FROM ", text)[-1]
    if not re.search(r"(?m)^USER [1-9]\d*:[1-9]\d*$", last):
        yield "the last stage must run as a numbered user that is not root"
    if "\nHEALTHCHECK " not in last:
        yield "the last stage has no health check"
    if "--constraint constraints.txt" not in text:
        yield "the image must get the versions that were tested together"


def _images(root: Path) -> Iterator[str]:
    """A tag that nobody has looked up may not exist, which is seen only when it is pulled."""
    lines = (root / "deploy" / "images.lock").read_text().splitlines()
    locked = {line for line in lines if line and not line.startswith("#")}
    used = set(re.findall(r"(?m)^FROM (\S+)", (root / "Dockerfile").read_text()))
    for path in (root / "compose.yaml", *(root / "deploy" / "kubernetes").rglob("*.yaml")):
        used |= set(re.findall(r"(?m)^ +image: ([^\s$]+)$", path.read_text())) - {"groundswell"}
    yield from (f"it does not have {name}" for name in sorted(used - locked))
    yield from (f"nobody uses {name}" for name in sorted(locked - used))


def volumes(root: Path) -> set[str]:
    """Return the paths whose owner and mode the image says."""
    found = re.findall(r"(?m)^VOLUME \[(.+)\]$", (root / "Dockerfile").read_text())
    return {name.strip(' "') for line in found for name in line.split(",")}


def _ignore(root: Path) -> Iterator[str]:
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    if lines[:1] != ["*"]:
        yield "it must begin with `*`: what is not named must not reach the builder"
    wanted = {line[1:] for line in lines if line.startswith("!")}
    copied = set(re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (root / "Dockerfile").read_text()))
    named = {word for line in copied for word in line.split()}
    yield from (f"the Dockerfile copies {name}, which is ignored" for name in sorted(named - wanted))
    yield from (f"{name} is let in and not used" for name in sorted(wanted - named))
