"""Pick a model by name: the one place that knows which adapters exist."""

from collections.abc import Callable
from pathlib import Path

from groundswell.core.errors import BadArtefact, UnknownModel
from groundswell.models.artefact import MANIFEST, SHIPPED, Artefact, open_artefact, shipped_versions
from groundswell.models.null import NullModel
from groundswell.models.port import Model
from groundswell.models.tfidf import TfidfModel
from groundswell.models.transformer import TransformerModel
from groundswell.models.vader import VaderModel

DEFAULT_MODEL = "minilm"

ADAPTERS: dict[str, Callable[[], Model]] = {"vader": VaderModel, "null": NullModel}
"""Models that are code alone; the others are version folders."""


def known_models() -> tuple[str, ...]:
    """Return the keys one may ask for."""
    return (*shipped_versions(), *ADAPTERS)


def load(name: str, *, threads: int = 1) -> Model:
    """Load the model called `name`: `key`, `key@version`, or the path of a version folder.

    Without a version it is the newest one shipped. Raises `UnknownModel`, naming the known ones, and `BadArtefact`
    when a folder's files are not what its manifest says.
    """
    folder = _folder(name)
    if folder is not None:
        return load_folder(folder, threads=threads)
    key, _, version = name.partition("@")
    adapter = ADAPTERS.get(key)
    model = adapter() if adapter else None
    if model is None or (version and version != model.info.version):
        known = ", ".join(known_models())
        raise UnknownModel(
            f"There is no model named '{name}'; known are {known}.", details={"known": list(known_models())}
        )
    return model


def load_folder(folder: Path, *, threads: int = 1) -> Model:
    """Load the version in a folder; raises `BadArtefact`."""
    artefact = open_artefact(folder)
    return _open(artefact, threads)


def _open(artefact: Artefact, threads: int) -> Model:
    if artefact.kind == "tfidf":
        return TfidfModel(artefact)
    if artefact.kind == "transformer":
        return TransformerModel(artefact, threads=threads)
    raise BadArtefact(f"This Groundswell cannot read a model of kind '{artefact.kind}'; upgrade it.")


def _folder(name: str) -> Path | None:
    """Return the version folder a name means: a path that holds a manifest or a pickle, or a shipped version."""
    path = Path(name)
    if path.parent != Path() and (path.joinpath(MANIFEST).is_file() or path.is_file()):
        return path
    key, _, version = name.partition("@")
    versions = shipped_versions().get(key, [])
    if versions and not version:
        return SHIPPED / key / versions[-1]
    return SHIPPED / key / version if version in versions else None
