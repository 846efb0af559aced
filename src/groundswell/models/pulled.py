"""From a hub's files to a version folder: only weights, tokenizer and configuration are taken, nothing that runs."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from groundswell.core.errors import BadArtefact
from groundswell.core.mood import EMOTIONS
from groundswell.models.artefact import FORMAT, MANIFEST, file_sha256
from groundswell.models.catalogue import Entry
from groundswell.models.classifier import CONFIG, MODEL, TOKENIZER, outputs_of
from groundswell.models.convert import convert_apart
from groundswell.models.hub import Hub, HubFile, Revision
from groundswell.models.onnx_scan import refuse_external_data

WEIGHTS = "model.safetensors"
USUAL_ONNX = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")
SMALL = (TOKENIZER, CONFIG)
"""Read into memory: no more than `MOST_SMALL_BYTES` each."""
MOST_SMALL_BYTES = 64 * 1024**2

_OFFSET = {"roberta": 2, "xlm-roberta": 2, "camembert": 2}
"""Architectures whose positions begin behind the padding's: so many fewer tokens fit."""


def chosen(entry: Entry, found: Revision) -> dict[str, HubFile]:
    """Return the files to fetch, by the names they get here.

    Raises `BadArtefact` when a revision has none that may be read: a pickle never is.
    """
    taken = {name: found.files[name] for name in SMALL if name in found.files}
    if len(taken) < len(SMALL):
        missing = ", ".join(sorted(set(SMALL) - taken.keys()))
        raise BadArtefact(f"{found.hub} has no {missing}; without it a text classifier cannot be read.")
    if large := [file.path for file in taken.values() if file.size > MOST_SMALL_BYTES]:
        raise BadArtefact(f"{large[0]} of {found.hub} is too large.")
    usual = (entry.onnx,) if entry.onnx else USUAL_ONNX
    onnx = next((path for path in usual if path in found.files), None)
    if onnx:
        return taken | {MODEL: found.files[onnx]}
    if entry.onnx:
        raise BadArtefact(f"{found.hub} has no {entry.onnx} at {found.commit[:12]}.")
    if WEIGHTS in found.files:
        return taken | {WEIGHTS: found.files[WEIGHTS]}
    raise BadArtefact(
        f"{found.hub} has neither ONNX nor safetensors weights; pickles (.bin, .pt) run code when they are "
        "opened and are never fetched."
    )


def fetch(entry: Entry, found: Revision, hub: Hub, folder: Path, arrived: Callable[[int, int], None]) -> None:
    """Fetch what is missing of a revision into `folder`; `arrived` is told bytes that are here, and of how many.

    Raises like `Hub.fetch` and `chosen`.
    """
    wanted = chosen(entry, found)
    total = sum(file.size for file in wanted.values())
    done = 0
    for name, file in wanted.items():
        if not (folder / name).is_file():
            tell = partial(_tell, arrived, done, total)
            hub.fetch(found, file, folder / name, arrived=tell)
        done += file.size
        arrived(done, total)


def _tell(arrived: Callable[[int, int], None], before: int, total: int, size: int) -> None:
    arrived(before + size, total)


def assemble(entry: Entry, found: Revision, folder: Path) -> None:
    """Make a version of the fetched files: convert where there is no ONNX, write the manifest.

    The version's name says which commit it is, and which files and mapping: the same again has the
    same name. Raises `BadArtefact`, or `MissingExtra` when a conversion needs PyTorch.
    """
    converted = (folder / WEIGHTS).is_file()
    if converted and not (folder / MODEL).is_file():
        half = folder / f"{MODEL}.part"  # a conversion that was killed leaves nothing that looks whole
        convert_apart(folder, half)
        half.replace(folder / MODEL)
    refuse_external_data(folder / MODEL)
    config = (folder / CONFIG).read_text(encoding="utf-8", errors="replace")
    manifest = _manifest(entry, found, config, converted)
    manifest["files"] = {name: file_sha256(folder / name) for name in (MODEL, TOKENIZER, CONFIG)}
    manifest["bytes"] = sum((folder / name).stat().st_size for name in manifest["files"])
    content = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    manifest["version"] = f"{found.commit[:8]}.{content[:4]}"
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _manifest(entry: Entry, found: Revision, config: str, converted: bool) -> dict[str, Any]:
    outputs = outputs_of(config, dict(entry.labels))
    labels: Mapping[str, Any] = (
        {"sentiment": list(entry.sentiments)} if entry.task == "sentiment" else {"emotion": list(EMOTIONS)}
    )
    return {
        "format": FORMAT,
        "key": entry.key,
        "kind": "classifier",
        "description": entry.description,
        "labels": dict(labels),
        "languages": list(entry.languages),
        "licence": entry.licence,
        "speed": entry.speed,
        "metrics": {},  # what others measured is in the catalogue; nothing was measured here
        "parent": {
            "hub": found.hub,
            "commit": found.commit,
            "original": entry.original or found.hub,
            "converted": converted,
        },
        "options": {
            "task": entry.task,
            "outputs": outputs,
            "activation": entry.activation,
            "preprocess": entry.preprocess,
            "max_tokens": _most_tokens(config, entry.max_tokens),
        },
    }


def _most_tokens(config: str, wanted: int) -> int:
    """Return how many tokens fit the model's positions."""
    found = json.loads(config)
    most = found.get("max_position_embeddings")
    if not isinstance(most, int) or isinstance(most, bool) or most < 8:
        raise BadArtefact("The model's config.json does not say how many tokens it reads.")
    return min(wanted, most - _OFFSET.get(str(found.get("model_type")), 0))
