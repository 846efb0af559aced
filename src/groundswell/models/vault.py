"""Version folders kept by their content: put in once, checked whenever they are opened, never changed."""

import os
import shutil
import tempfile
from pathlib import Path

from groundswell.core.errors import BadArtefact
from groundswell.models.artefact import MANIFEST, SHIPPED, Artefact, file_sha256, open_artefact
from groundswell.models.engine import Engine
from groundswell.models.load import load_folder
from groundswell.models.port import Model

READ_ONLY_FILE, READ_ONLY_FOLDER = 0o444, 0o555


class Vault:
    """A folder of version folders, each named by its digest: the SHA-256 of its manifest.

    The manifest names the SHA-256 of every file, so the digest names all of the content.
    """

    def __init__(self, root: Path, *, threads: int = 1, engine: Engine = "onnxruntime") -> None:
        self.root, self._threads, self._engine = root, threads, engine

    def put(self, folder: Path) -> tuple[Artefact, str]:
        """Copy a checked version in; return it as kept, and its digest. What is there already stays.

        Raises `BadArtefact`.
        """
        artefact = open_artefact(folder)
        digest = digest_of(folder)
        place = self.place(digest)
        if not place.is_dir():
            self._copy(artefact, place)
        return open_artefact(place), digest

    def _copy(self, artefact: Artefact, place: Path) -> None:
        """Copy into a folder of another name and rename that, so that no half copy is ever seen."""
        self.root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
        try:
            for name in (*artefact.manifest["files"], MANIFEST):
                _copy_file(artefact.folder / name, draft / name)
            draft.chmod(READ_ONLY_FOLDER)
            draft.rename(place)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not place.is_dir():  # else another process was faster
                raise

    def place(self, digest: str) -> Path:
        """Return where the version of a digest is kept."""
        return self.root / f"sha256-{digest}"

    def open(self, digest: str, location: str, name: str) -> tuple[Artefact, Model]:
        """Check a kept version file by file and load it; `name` is its `key@version`.

        Raises `BadArtefact` when it is missing, or is not what was put in.
        """
        artefact = self.check(digest, location, name)
        return artefact, self.load(artefact.folder)

    def load(self, folder: Path) -> Model:
        """Load a version folder as those kept here are loaded; raises `BadArtefact`."""
        return load_folder(folder, threads=self._threads, engine=self._engine)

    def check(self, digest: str, location: str, name: str) -> Artefact:
        """Check a kept version file by file; raises like `open`."""
        folder = SHIPPED / name.replace("@", "/") if location == "shipped" else self.place(digest)
        if not folder.is_dir():
            raise BadArtefact(f"The files of {name} are not in {folder.parent}; add them here, too.")
        if digest_of(folder) != digest:
            raise BadArtefact(f"The manifest of {name} was changed after it was added; it is not loaded.")
        return open_artefact(folder)

    def remove(self, digest: str) -> None:
        """Forget the version of a digest."""
        place = self.place(digest)
        if place.is_dir():
            place.chmod(0o755)
            shutil.rmtree(place)


def digest_of(folder: Path) -> str:
    """Return the digest of a version folder, hex; raises `BadArtefact` without a manifest."""
    try:
        return file_sha256(folder / MANIFEST)
    except OSError:
        raise BadArtefact(f"{folder} is not a model version: it has no readable {MANIFEST}.") from None


def _copy_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(READ_ONLY_FILE)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
