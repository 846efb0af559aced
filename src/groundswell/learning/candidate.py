"""A candidate's folder: all of the version it comes from, with new heads; same inputs, same bytes."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.mood import SENTIMENTS
from groundswell.core.text import fingerprint
from groundswell.learning.contest import Outcome
from groundswell.learning.corpus import Example
from groundswell.learning.evaluation import Evaluation, evaluate
from groundswell.learning.publish import CARD, Version, publish
from groundswell.learning.rehearsal import Labelled
from groundswell.models.artefact import Artefact
from groundswell.models.heads import Heads
from groundswell.models.port import ModelInfo
from groundswell.models.transformer import HEADS
from groundswell.store.feedback import FeedbackItem

FITTED = "fitted.safetensors"
"""Fingerprints of the feedback a head was fitted on, no texts: later versions are not judged on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a candidate comes from."""

    root: Artefact
    version: str
    #: hash of the snapshot of feedback
    snapshot: str
    #: highest id in it
    last_feedback: int
    created_at: datetime

    @property
    def name(self) -> str:
        """`key@version` of the candidate."""
        return f"{self.root.key}@{self.version}"


def write_candidate(folder: Path, origin: Origin, outcome: Outcome, metrics: dict[str, Any]) -> Artefact:
    """Write the whole version into an empty folder and open it as a reader would."""
    for name in origin.root.manifest["files"]:
        if name not in {HEADS, CARD, FITTED}:
            shutil.copyfile(origin.root.path(name), folder / name)
    save_heads(outcome.heads, folder / HEADS)
    save_fitted(outcome.learned, folder / FITTED)
    return publish(folder, _facts(origin, outcome, metrics), created_at=origin.created_at)


def save_heads(heads: Heads, path: Path) -> None:
    """Write the heads as `load_heads` reads them."""
    from safetensors.numpy import save_file

    tensors = {"sentiment.weight": heads.sentiment.weight, "sentiment.bias": heads.sentiment.bias}
    if heads.emotion is not None:
        tensors |= {"emotion.weight": heads.emotion.weight, "emotion.bias": heads.emotion.bias}
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)


def fitted_on(artefact: Artefact) -> Collection[bytes]:
    """Return the fingerprints of the feedback a version was fitted on; none for one made without feedback."""
    from safetensors.numpy import load_file

    if FITTED not in artefact.manifest["files"]:
        return frozenset()
    return frozenset(row.tobytes() for row in load_file(artefact.path(FITTED))["fingerprints"])


def judged_on_base(heads: Heads, name: str, gate: Labelled) -> Evaluation:
    """Return the figures of heads (`key@version`) on base rows: they have no texts, only vectors and labels."""
    key, _, version = name.partition("@")
    info = ModelInfo(key=key, version=version, description="", labels=SENTIMENTS, has_emotions=False)
    examples = [Example(text="", labels=(SENTIMENTS[label],)) for label in gate.labels]
    return evaluate(info, heads.read(gate.stored), examples)


def save_fitted(items: Sequence[FeedbackItem], path: Path) -> None:
    """Write the fingerprints of what a version was fitted on, as `fitted_on` reads them."""
    from safetensors.numpy import save_file

    rows = sorted({fingerprint(item.content) for item in items})
    joined = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), 16)
    save_file({"fingerprints": np.ascontiguousarray(joined)}, path)


def _facts(origin: Origin, outcome: Outcome, metrics: dict[str, Any]) -> Version:
    manifest = origin.root.manifest
    kept = {one.name: manifest[one.name] for one in fields(Version) if one.name in manifest}
    data = {
        "name": "feedback of this installation",
        "licence": "its own",
        "rows": len(outcome.learned),
        "sha256": origin.snapshot,
    }
    name = f"{origin.root.key}@{origin.root.version}"
    changes = {
        "version": origin.version,
        "parent": {"name": name, "licence": (manifest.get("parent") or {}).get("licence", "its own")},
        "data": [*manifest.get("data", []), data],
        "plan": asdict(outcome.plan),
        "metrics": metrics,
        "command": "groundswell train --kind head",
        "options": {**manifest.get("options", {}), "root": name, "last_feedback": origin.last_feedback},
    }
    return Version(**kept | changes)
