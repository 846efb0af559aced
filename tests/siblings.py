"""Versions of the toy transformer that share its encoder, in the registry of a test."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from groundswell.analysis.versions import Versions
from groundswell.core.clock import Clock
from groundswell.models.artefact import MANIFEST, file_sha256
from groundswell.models.vault import Vault
from groundswell.store import registry
from groundswell.store.database import Database
from groundswell.store.registry import Deed
from tests.tiny import make_tiny


def sibling(folder: Path, version: str, seed: int) -> Path:
    """Return a copy of a version under another name, with other heads."""
    target = folder.parent / version
    shutil.copytree(folder, target)
    random = np.random.default_rng(seed)
    tensors = load_file(target / "heads.safetensors")
    changed = {name: random.standard_normal(t.shape).astype(np.float32) for name, t in tensors.items()}
    return changed_files(target, version, {"heads.safetensors": changed})


def changed_files(folder: Path, version: str, tensors: dict[str, dict[str, np.ndarray]]) -> Path:
    """Write tensor files into a version's folder and name them, and the version, in its manifest."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name, named in tensors.items():
        save_file(named, folder / name)
        manifest["files"][name] = file_sha256(folder / name)
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": version}))
    return folder


def tiny_versions(root: Path) -> list[Path]:
    """Return the folders of `tiny@1` and `tiny@2`, which differ in their heads."""
    first = make_tiny(root)
    return [first, sibling(first, "2", seed=2)]


def registered(database: Database, clock: Clock, root: Path, *folders: Path) -> Versions:
    """Put version folders into a registry as they are; the toy would pass no test."""
    vault = Vault(root / "vault")
    for folder in folders:
        kept, digest = vault.put(folder)
        with database.transaction() as connection:
            deed = Deed(by="a test", at=clock.now())
            registry.add(connection, kept.manifest, digest=digest, location="folder", deed=deed)
    return Versions(database, vault, clock)
