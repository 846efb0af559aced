"""Version folders kept by their content: put in once, checked whenever they are opened, never changed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groundswell.core.errors import BadArtefact
from groundswell.models.artefact import MANIFEST, SHIPPED, Artefact, file_sha256, open_artefact
from groundswell.models.bucket import Bucket
from groundswell.models.engine import Engine
from groundswell.models.load import load_folder
from groundswell.models.port import Model

READ_ONLY_FILE, READ_ONLY_FOLDER = 0o444, 0o555


class Vault:
    """A folder of version folders, each named by its digest: the SHA-256 of its manifest.

    The manifest names the SHA-256 of every file, so the digest names all of the content. With a bucket the folder is
    this machine's copy of it: what is put in goes there, too, and what is missing is fetched from there.
    """

    def __init__(
        self,
        root: Path,
        *,
        threads: int = 1,
        engine: Engine = "onnxruntime",
        bucket: Bucket | None = None,
    ) -> None:
        self.root, self._threads, self._engine, self._bucket = root, threads, engine, bucket

    def put(self, folder: Path) -> tuple[Artefact, str]:
        """Copy a checked version in; return it as kept, and its digest. What is there already stays.

        Raises `BadArtefact`, or `ModelStoreUnavailable` when the bucket does not take it.
        """
        artefact = open_artefact(folder)
        digest = digest_of(folder)
        place = self.place(digest)
        if not place.is_dir():
            with self._draft(place) as draft:
                for name in (*artefact.manifest["files"], MANIFEST):
                    shutil.copyfile(artefact.folder / name, draft / name)
        kept = open_artefact(place)
        if self._bucket:
            self._bucket.put(digest, place)
        return kept, digest

    @contextmanager
    def _draft(self, place: Path) -> Iterator[Path]:
        """Yield a folder of another name to fill, and rename it then, so that no half copy is ever seen."""
        self.root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
        try:
            yield draft
            for path in draft.iterdir():
                _seal(path)
            draft.chmod(READ_ONLY_FOLDER)
            draft.rename(place)
        except BaseException as error:
            draft.chmod(0o700)
            shutil.rmtree(draft, ignore_errors=True)
            if not (isinstance(error, OSError) and place.is_dir()):  # else another process was faster
                raise

    def _fetch(self, digest: str, name: str) -> None:
        """Have a copy here of what the bucket holds; raises `BadArtefact` when that is not what the digest says."""
        if self._bucket is None:
            return
        with self._draft(self.place(digest)) as draft:
            if not self._bucket.fetch(digest, draft):
                raise BadArtefact(f"The files of {name} are neither here nor in the bucket; add them again.")
            if digest_of(draft) != digest:
                raise BadArtefact(f"The bucket holds something else under the name of {name}; it is refused.")
            open_artefact(draft)

    def place(self, digest: str) -> Path:
        """Return where the version of a digest is kept."""
        return self.root / f"sha256-{digest}"

    def open(self, digest: str, location: str, name: str) -> tuple[Artefact, Model]:
        """Check a kept version file by file and load it; `name` is its `key@version`.

        Raises `BadArtefact` when it is missing, or is not what was put in; `ModelStoreUnavailable`.
        """
        artefact = self.check(digest, location, name)
        return artefact, self.load(artefact.folder)

    def load(self, folder: Path) -> Model:
        """Load a version folder as those kept here are loaded; raises `BadArtefact`."""
        return load_folder(folder, threads=self._threads, engine=self._engine)

    def check(self, digest: str, location: str, name: str) -> Artefact:
        """Check a kept version file by file, after fetching it where there is a bucket; raises like `open`."""
        folder = SHIPPED / name.replace("@", "/") if location == "shipped" else self.place(digest)
        if not folder.is_dir() and location != "shipped":
            self._fetch(digest, name)
        if not folder.is_dir():
            raise BadArtefact(f"The files of {name} are not in {folder.parent}; add them here, too.")
        if digest_of(folder) != digest:
            raise BadArtefact(f"The manifest of {name} was changed after it was added; it is not loaded.")
        return open_artefact(folder)

    def is_shared(self, digest: str) -> bool:
        """Tell whether other machines find it, where there is a bucket; raises `ModelStoreUnavailable`."""
        return self._bucket is None or self._bucket.holds(digest)

    def remove(self, digest: str) -> None:
        """Forget the version of a digest; raises `ModelStoreUnavailable`, and then it is gone from here alone."""
        place = self.place(digest)
        if place.is_dir():
            place.chmod(0o755)
            shutil.rmtree(place)
        if self._bucket:
            self._bucket.remove(digest)


def digest_of(folder: Path) -> str:
    """Return the digest of a version folder, hex; raises `BadArtefact` without a manifest."""
    try:
        return file_sha256(folder / MANIFEST)
    except OSError:
        raise BadArtefact(f"{folder} is not a model version: it has no readable {MANIFEST}.") from None


def _seal(path: Path) -> None:
    """Have a file on disk, never to be written again."""
    path.chmod(READ_ONLY_FILE)
    with path.open("rb") as opened:
        os.fsync(opened.fileno())
