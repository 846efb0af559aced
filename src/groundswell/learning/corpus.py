"""Labelled texts read from tab-separated files, and a split of them that never changes."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.core.errors import BadData
from groundswell.core.text import normalise

HELD_OUT_SHARE = 0.06
"""Share of the texts that no weight sees."""

GATE_SHARE = 0.02
"""The part of it that no temperature or threshold sees either."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One text with its labels as people gave them."""

    #: As the models read it: normalised.
    text: str
    #: As it stands in the file.
    original: str = ""
    #: One or more labels; empty for an unlabelled text.
    labels: tuple[str, ...] = ()
    #: Year in which the data set was published, where the file says so.
    year: int | None = None

    @property
    def key(self) -> int:
        """The text's identity, 64 bits: the same text always falls on the same side of a split."""
        return text_key(self.text)


def text_key(text: str) -> int:
    """Return the first 64 bits of the BLAKE2b hash of a normalised text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def read_examples(path: Path) -> list[Example]:
    """Read ``text<TAB>label[<TAB>year]`` with a header, or one text a line when the file ends in ``.txt``."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".txt":
            return [_unlabelled(line.rstrip("\n")) for line in lines]
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"text", "label"} <= set(rows.fieldnames or ()):
            raise BadData(
                f"{path} must begin with a line that names the columns text and label, separated by tabs."
            )
        return [_example(row) for row in rows]


def _example(row: dict[str, str]) -> Example:
    year = row.get("year")
    labels = tuple(label.strip().lower() for label in row["label"].split(","))
    year_read = int(year) if year else None
    return Example(text=normalise(row["text"]), original=row["text"], labels=labels, year=year_read)


def _unlabelled(line: str) -> Example:
    return Example(text=normalise(line), original=line)


def is_held_out(example: Example, *, share: float) -> bool:
    """Say whether a text is kept out of training (to stop, calibrate and set thresholds), by its hash alone."""
    return example.key % 10_000 < round(share * 10_000)


def split(examples: Iterable[Example], *, share: float) -> tuple[list[Example], list[Example]]:
    """Return (to train on, held out); ``share`` of the texts are held out."""
    train: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        (held_out if is_held_out(example, share=share) else train).append(example)
    return train, held_out


def three_way(examples: Sequence[Example]) -> tuple[list[Example], list[Example], list[Example]]:
    """Return (to train on, to calibrate on, for the gate): 94 %, 4 % and 2 % of the texts, by their hashes."""
    train, held_out = split(examples, share=HELD_OUT_SHARE)
    gate = [example for example in held_out if is_held_out(example, share=GATE_SHARE)]
    calibration = [example for example in held_out if not is_held_out(example, share=GATE_SHARE)]
    return train, calibration, gate


def some(examples: Sequence[Example], most: int) -> list[Example]:
    """Return at most so many examples, the same ones whatever their order: those with the smallest hashes."""
    return sorted(examples, key=lambda example: example.key)[:most]


def file_facts(path: Path, *, name: str, licence: str) -> dict[str, Any]:
    """Return what a manifest says about a file that was learned from: name, licence, rows, SHA-256."""
    content = path.read_bytes()
    rows = content.count(b"\n") - (0 if path.suffix == ".txt" else 1)
    return {"name": name, "licence": licence, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
