"""Version folders for tests: TF-IDF as it ships, under other names and a little changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from groundswell.models.artefact import MANIFEST, SHIPPED, file_sha256


def version_folder(
    root: Path, version: str, *, key: str = "tfidf", bias: float = 0.0, **changes: Any
) -> Path:
    """Return a folder of `key@version`; `bias` moves its scores towards neutral, `changes` its manifest."""
    folder = root / f"{key}-{version}"
    shutil.copytree(SHIPPED / "tfidf" / "1", folder)
    weights = folder / "weights.safetensors"
    tensors = load_file(weights)
    tensors["bias"] = (tensors["bias"] + np.array([0.0, bias, 0.0])).astype(tensors["bias"].dtype)
    save_file(tensors, weights)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["weights.safetensors"] = file_sha256(weights)
    manifest |= {"key": key, "version": version, **changes}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder
