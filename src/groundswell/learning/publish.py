"""Turning trained files into a version folder: manifest, hashes, model card."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from groundswell import __version__
from groundswell.learning.card import model_card
from groundswell.models.artefact import FORMAT, MANIFEST, Artefact, file_sha256, open_artefact

CARD = "MODEL_CARD.md"


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What a manifest says beyond the files themselves."""

    key: str
    version: str
    #: which adapter reads it: `transformer` or `tfidf`
    kind: str
    #: one sentence for people who choose a model
    description: str
    #: task to labels
    labels: Mapping[str, list[str]]
    #: task to `{"temperature": T}`
    calibration: Mapping[str, Mapping[str, float]]
    #: task to one threshold per label
    thresholds: Mapping[str, list[float]] = field(default_factory=dict)
    #: what it was trained from: name and licence of the encoder, or nothing
    parent: Mapping[str, str] | None = None
    #: files it learned from: name, rows, SHA-256, licence
    data: list[Mapping[str, Any]] = field(default_factory=list)
    #: every choice of the run
    plan: Mapping[str, Any] = field(default_factory=dict)
    #: figures with intervals, by data set
    metrics: Mapping[str, Any] = field(default_factory=dict)
    #: the command that makes it again
    command: str
    #: for the adapter: token limit and the like
    options: Mapping[str, Any] = field(default_factory=dict)


def publish(folder: Path, version: Version, *, created_at: datetime) -> Artefact:
    """Write card and manifest beside the files of `folder`, then open the version as a reader would."""
    folder.joinpath(CARD).write_text(model_card(version_facts(version)), encoding="utf-8")
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    manifest = {"format": FORMAT, **version_facts(version)}
    manifest |= {"created_at": created_at.isoformat(), "code_version": __version__, "files": files}
    folder.joinpath(MANIFEST).write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return open_artefact(folder)


def version_facts(version: Version) -> dict[str, Any]:
    """Return the version's facts as plain values."""
    names = (name for name in Version.__slots__ if not name.startswith("_"))
    return {name: getattr(version, name) for name in names}
