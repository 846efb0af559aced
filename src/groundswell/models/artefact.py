"""A model version on disk: a folder whose manifest names every file and its SHA-256; nothing is ever unpickled."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.core.errors import BadArtefact

MANIFEST = "manifest.json"
FORMAT = 1
"""Version of the folder's layout; a newer one is refused."""

_PICKLES = {".joblib", ".pkl", ".pickle", ".pt", ".bin"}
_REQUIRED = ("key", "version", "kind", "labels", "files")

SHIPPED = Path(__file__).parent / "shipped"
"""Versions that come with the package: `KEY/VERSION/`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artefact:
    """A version's folder, checked against its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The model's name."""
        return str(self.manifest["key"])

    @property
    def version(self) -> str:
        """The version's name, unique within its key."""
        return str(self.manifest["version"])

    @property
    def kind(self) -> str:
        """Which adapter reads it: `transformer` or `tfidf`."""
        return str(self.manifest["kind"])

    def path(self, name: str) -> Path:
        """Return the path of one of its files; raises `BadArtefact` when the manifest does not list it."""
        if name not in self.manifest["files"]:
            raise BadArtefact(f"The model {self.key}@{self.version} has no file {name}.")
        return self.folder / name

    def sha256(self, name: str) -> str:
        """Return a file's SHA-256, hex, as the manifest says and `open_artefact` has checked."""
        return str(self.manifest["files"][name])


def open_artefact(folder: Path) -> Artefact:
    """Read a version's folder and check each file.

    Raises `BadArtefact` for a pickle, a missing or malformed manifest, a missing or changed file, a name that leads
    out of the folder.
    """
    _refuse_pickle(folder)
    manifest = read_manifest(folder)
    for name, expected in manifest["files"].items():
        _check_file(folder, name, expected)
    return Artefact(folder=folder, manifest=manifest)


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256, hex."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def shipped_versions() -> dict[str, list[str]]:
    """Return the versions that come with the package by key, oldest first."""
    found: dict[str, list[str]] = {}
    for manifest in sorted(SHIPPED.glob(f"*/*/{MANIFEST}"), key=lambda path: _age(path.parent.name)):
        found.setdefault(manifest.parent.parent.name, []).append(manifest.parent.name)
    return found


def _age(version: str) -> tuple[int, str]:
    return (int(version) if version.isdigit() else 0, version)


def _refuse_pickle(path: Path) -> None:
    if path.suffix.lower() in _PICKLES:
        raise BadArtefact(
            f"{path.name} is a pickle, which runs code when it is opened; it is never loaded. "
            "Train the model again with `groundswell train --kind tfidf --data FOLDER`."
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a version's manifest, its files not looked at; raises `BadArtefact`, also for a name that leads out."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadArtefact(f"{folder} is not a model version: it has no readable {MANIFEST}.") from None
    if not isinstance(manifest, dict) or any(name not in manifest for name in _REQUIRED):
        raise BadArtefact(f"{path} lacks one of: {', '.join(_REQUIRED)}.")
    if manifest.get("format", FORMAT) > FORMAT:
        raise BadArtefact(f"{path} was written by a newer Groundswell; upgrade to read it.")
    for name in manifest["files"]:
        if Path(name).name != name or Path(name).suffix.lower() in _PICKLES:
            raise BadArtefact(f"The manifest in {folder} lists a file it may not have: {name}.")
    return manifest


def _check_file(folder: Path, name: str, expected: str) -> None:
    path = folder / name
    if not path.is_file():
        raise BadArtefact(f"{path} is missing; fetch or train the model again.")
    if file_sha256(path) != expected:
        raise BadArtefact(f"{path} is not the file its manifest describes; fetch or train the model again.")
