"""Which kind of table a file holds: told by its ending, nothing is guessed from its content."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from groundswell.core.errors import BadFile

Format = Literal["jsonl", "csv", "tsv", "parquet"]
Packing = Literal["", "gz", "zst"]

FORMATS: dict[str, Format] = {
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "jsonl",
    "jl": "jsonl",
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "parquet": "parquet",
    "pq": "parquet",
}
PACKINGS: dict[str, Packing] = {"gz": "gz", "gzip": "gz", "zst": "zst", "zstd": "zst"}

STANDARD = "-"
"""Names standard input, or standard output."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """The format of a table, and how it is packed."""

    format: Format
    packing: Packing = ""


def kind_of(path: str) -> Kind:
    """Return the kind of table that `path` names by its ending; `-` is JSONL.

    Raises `BadFile`, naming the endings that are known.
    """
    if path == STANDARD:
        return Kind(format="jsonl")
    endings = [ending[1:].lower() for ending in PurePath(path).suffixes]
    packing = PACKINGS.get(endings[-1], "") if endings else ""
    named = endings[:-1] if packing else endings
    form = FORMATS.get(named[-1]) if named else None
    if form is None or (form == "parquet" and packing):
        raise BadFile(
            f"The ending of {path} says no format; known are .jsonl, .csv, .tsv (also .gz, .zst) and .parquet."
        )
    return Kind(format=form, packing=packing)


def bare_name(path: str) -> str:
    """Return the file's name without folder and packing: `a/posts.csv.gz` and `posts.csv` are one name."""
    name = PurePath(path).name or path
    stem, _, last = name.rpartition(".")
    return stem if stem and last.lower() in PACKINGS else name
