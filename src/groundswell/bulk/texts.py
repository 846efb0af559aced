"""Readings of texts, each on its own: one that cannot be read costs no other."""

from collections.abc import Sequence

from groundswell.core.errors import UnreadableText
from groundswell.core.mood import Attribution, Reading
from groundswell.models.engine import Engine
from groundswell.models.load import DEFAULT_MODEL, load
from groundswell.models.port import Model
from groundswell.models.spread import cores, spread

__all__ = ["Attribution", "Model", "cores", "load_model", "read_all", "read_each"]


def load_model(name: str, *, threads: int = 1, engine: Engine = "onnxruntime") -> Model:
    """Load the model called `name`, or the best one shipped when `name` is empty; raises `UnknownModel`."""
    return load(name or DEFAULT_MODEL, threads=threads, engine=engine)


def read_each(model: Model, texts: Sequence[str]) -> list[Reading | UnreadableText]:
    """Return a reading per text, in order, or why there is none."""
    if not texts:
        return []
    try:
        return list(model.read(texts))
    except UnreadableText as error:
        if len(texts) == 1:
            return [error]
        middle = len(texts) // 2
        return read_each(model, texts[:middle]) + read_each(model, texts[middle:])


def read_all(model: Model, texts: Sequence[str], *, threads: int) -> list[Reading | UnreadableText]:
    """Do as `read_each` does, on so many threads."""
    return spread(lambda piece: read_each(model, piece), texts, threads=threads)
