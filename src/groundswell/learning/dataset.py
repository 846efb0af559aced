"""A labelled set on its way to a model: cleaned, checked, and its texts turned into vectors, each step a file.

What is held out is decided by a hash of the text (`holdout`), so every step agrees on it without a list.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.errors import BadData
from groundswell.core.mood import SENTIMENTS
from groundswell.core.text import fingerprint, normalise
from groundswell.learning.corpus import Example, read_examples
from groundswell.learning.holdout import held_out
from groundswell.models.heads import Stored
from groundswell.models.transformer import TransformerModel
from groundswell.statistics.duplicates import beside

Labelled = tuple[str, str]
"""A text and its label."""

LONGEST = 10_000
"""Characters of a text; the API takes no longer one."""
FEWEST = 20
"""Texts that every sentiment must have, held out or not."""
CHUNK = 1_024


def save_rows(rows: Iterable[Labelled], path: Path) -> int:
    """Write texts and labels as `corpus.read_examples` reads them; return how many."""
    number = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("text\tlabel\n")
        for text, label in rows:
            file.write(f"{_one_line(text)}\t{_one_line(label).lower()}\n")
            number += 1
    return number


def clean(rows: Iterable[Labelled]) -> tuple[list[Labelled], dict[str, int]]:
    """Return what one may learn from and be judged on, in its order, and how much was left out, by reason.

    Left out are rows without text or with an unknown label, too long ones, texts that are labelled
    differently in different places (all of them), repetitions, and near-duplicates of held-out texts.
    """
    reasons: Counter[str] = Counter()
    found: dict[bytes, Labelled] = {}
    said: dict[bytes, set[str]] = {}
    for text, label in rows:
        reasons["rows"] += 1
        if why := _unfit(text, label):
            reasons[why] += 1
            continue
        key = fingerprint(text)
        reasons["repeated"] += key in found
        found.setdefault(key, (text, label))
        said.setdefault(key, set()).add(label)
    agreed = [row for key, row in found.items() if len(said[key]) == 1]
    kept = _apart(agreed)
    reasons["contradicting"] = len(found) - len(agreed)
    reasons["leaking"] = len(agreed) - len(kept)
    reasons["kept"] = len(kept)
    names = ("rows", "empty", "too_long", "unknown_label", "repeated", "contradicting", "leaking", "kept")
    return kept, {name: reasons[name] for name in names}


def checked(rows: Sequence[Labelled]) -> dict[str, Any]:
    """Return what the set is like; raises `BadData` that names all that is wrong with it."""
    problems = [*_problems_of_rows(rows), *_problems_of_labels(rows)]
    if problems:
        raise BadData(f"The set cannot be learned from: {'; '.join(problems)}.")
    lengths = np.array([len(text) for text, _ in rows])
    return {
        "rows": len(rows),
        "held_out": sum(held_out(text) for text, _ in rows),
        "labels": dict(sorted(Counter(label for _, label in rows).items())),
        "characters": {f"p{q}": float(np.percentile(lengths, q)) for q in (5, 50, 95)},
    }


def save_features(
    path: Path, model: TransformerModel, texts: Sequence[str], tell: Callable[[str], None]
) -> None:
    """Write the vectors of the texts, in their order, with what they are of and who made them."""
    from safetensors.numpy import save_file

    parts: list[Stored] = []
    for at in range(0, len(texts), CHUNK):
        parts.append(model.embed([normalise(text) for text in texts[at : at + CHUNK]]))
        tell(f"{min(at + CHUNK, len(texts)):,} of {len(texts):,} texts are encoded")
    tensors = {
        "values": np.concatenate([part.values for part in parts]),
        "scales": np.concatenate([part.scales for part in parts]),
    }
    save_file(tensors, path, metadata={"encoder": model.encoder, "texts": _digest(texts)})


def load_features(path: Path, model: TransformerModel, texts: Sequence[str]) -> Stored:
    """Read them back; raises `BadData` where they are of other texts or by another encoder."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        facts = file.metadata() or {}
        stored = Stored(values=file.get_tensor("values"), scales=file.get_tensor("scales"))
    if facts.get("encoder") != model.encoder or facts.get("texts") != _digest(texts):
        raise BadData(
            f"{path} was made of other texts or by another encoder; make it again with "
            "`groundswell dataset features`."
        )
    return stored


def rows_of(path: Path) -> list[Labelled]:
    """Read what `save_rows` wrote."""
    return [(example.original, _label(example)) for example in read_examples(path)]


def _label(example: Example) -> str:
    return ",".join(example.labels)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unfit(text: str, label: str) -> str:
    if not normalise(text):
        return "empty"
    if len(text) > LONGEST:
        return "too_long"
    return "" if label in SENTIMENTS else "unknown_label"


def _apart(rows: Sequence[Labelled]) -> list[Labelled]:
    """Return the rows without what is nearly the same as a held-out text and not held out itself."""
    apart = [text for text, _ in rows if held_out(text)]
    rest = [text for text, _ in rows if not held_out(text)]
    leaking = {text for text, place in zip(rest, beside(rest, apart), strict=True) if place is not None}
    return [row for row in rows if row[0] not in leaking]


def _problems_of_rows(rows: Sequence[Labelled]) -> list[str]:
    unfit = Counter(why for text, label in rows if (why := _unfit(text, label)))
    problems = [f"{number:,} rows are {why.replace('_', ' ')}" for why, number in sorted(unfit.items())]
    repeated = len(rows) - len({fingerprint(text) for text, _ in rows})
    if repeated:
        problems.append(f"{repeated:,} rows repeat another")
    leaking = len(rows) - len(_apart(rows))
    if leaking:
        problems.append(f"{leaking:,} rows are nearly the same as a held-out one")
    return problems


def _problems_of_labels(rows: Sequence[Labelled]) -> list[str]:
    problems = []
    for name, wanted in (("held out", True), ("to learn from", False)):
        counts = Counter(label for text, label in rows if held_out(text) is wanted)
        few = [f"{label} {counts[label]}" for label in SENTIMENTS if counts[label] < FEWEST]
        if few:
            problems.append(
                f"{name} there must be {FEWEST} texts of each sentiment, and there are of {', '.join(few)}"
            )
    return problems


def _digest(texts: Sequence[str]) -> str:
    digest = hashlib.blake2b(digest_size=32)
    for text in texts:
        digest.update(normalise(text).encode() + b"\n")
    return digest.hexdigest()
