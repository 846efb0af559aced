"""Pick a model by name: the one place that knows which adapters exist."""

from collections.abc import Callable
from pathlib import Path

from groundswell.core.errors import BadArtefact, UnknownModel
from groundswell.models.artefact import MANIFEST, SHIPPED, Artefact, open_artefact, shipped_versions
from groundswell.models.catalogue import read_catalogue
from groundswell.models.classifier import ClassifierModel
from groundswell.models.engine import Engine
from groundswell.models.heads import Heads
from groundswell.models.null import NullModel
from groundswell.models.port import Model
from groundswell.models.tfidf import TfidfModel
from groundswell.models.transformer import ENCODER, TransformerModel, heads_in
from groundswell.models.vader import VaderModel

DEFAULT_MODEL = "minilm"

ADAPTERS: dict[str, Callable[[], Model]] = {"vader": VaderModel, "null": NullModel}
"""Models that are code alone; the others are version folders."""


def known_models() -> tuple[str, ...]:
    """Return the keys one may ask for."""
    return (*shipped_versions(), *ADAPTERS)


def load(name: str, *, threads: int = 1, engine: Engine = "onnxruntime") -> Model:
    """Load the model called `name`: `key` or `key@version`; without a version the newest one shipped.

    Names come from clients too, so a path is no name here. Raises `UnknownModel`, naming the known ones, and
    `BadArtefact` when a shipped version's files are not what its manifest says.
    """
    key, _, version = name.partition("@")
    versions = shipped_versions().get(key, [])
    if versions and (not version or version in versions):
        return load_folder(SHIPPED / key / (version or versions[-1]), threads=threads, engine=engine)
    adapter = ADAPTERS.get(key)
    model = adapter() if adapter else None
    if model is None or (version and version != model.info.version):
        raise _unknown(name)
    return model


def _unknown(name: str) -> UnknownModel:
    """Say that a model is not here; of one that can be fetched, how."""
    entry = read_catalogue().find(name)
    if entry and entry.origin == "hub":
        return UnknownModel(f"The model {entry.key} is not here yet. {entry.how_to_get}")
    known = list(known_models())
    return UnknownModel(
        f"There is no model named '{name[:100]}'; known are {', '.join(known)}.", details={"known": known}
    )


def load_named_or_folder(name: str, *, threads: int = 1, engine: Engine = "onnxruntime") -> Model:
    """Load a model by name or by the path of its version folder: for people at a terminal, not for requests."""
    path = Path(name)
    if path.parent != Path() and (path.joinpath(MANIFEST).is_file() or path.is_file()):
        return load_folder(path, threads=threads, engine=engine)
    return load(name, threads=threads, engine=engine)


def load_folder(folder: Path, *, threads: int = 1, engine: Engine = "onnxruntime") -> Model:
    """Load the version in a folder; raises `BadArtefact`, `MissingExtra` when the engine is not installed."""
    artefact = open_artefact(folder)
    return _open(artefact, threads, engine)


def heads_of(artefact: Artefact) -> tuple[Heads, str] | None:
    """Return a version's heads and the SHA-256 of its encoder, without loading that; None where it has no heads."""
    return (heads_in(artefact), artefact.sha256(ENCODER)) if artefact.kind == "transformer" else None


def _open(artefact: Artefact, threads: int, engine: Engine) -> Model:
    if artefact.kind == "tfidf":
        return TfidfModel(artefact)
    if artefact.kind == "transformer":
        return TransformerModel(artefact, threads=threads, engine=engine)
    if artefact.kind == "classifier":
        return ClassifierModel(artefact, threads=threads)
    raise BadArtefact(f"This Groundswell cannot read a model of kind '{artefact.kind}'; upgrade it.")
