"""Models that are there without a registry: those of the package, described as versions are, and loaded when wanted."""

import threading
from collections.abc import Mapping
from functools import cache

from groundswell.models.artefact import SHIPPED, open_artefact, shipped_versions
from groundswell.models.load import ADAPTERS, load
from groundswell.models.port import Model
from groundswell.observe import logger

log = logger("analysis")


@cache
def without_registry() -> Mapping[str, Mapping[str, object]]:
    """Return the manifests of the newest shipped versions, and the like of models that are code alone, by key."""
    found: dict[str, Mapping[str, object]] = {}
    for key, versions in shipped_versions().items():
        manifest = open_artefact(SHIPPED / key / versions[-1]).manifest
        found[key] = {**manifest, "model_name": f"{key}@{versions[-1]}"}
    for key in ADAPTERS:
        info = load(key).info
        labels = {"sentiment": list(info.labels)}
        found[key] = {"model_name": info.name, "description": info.description, "labels": labels}
    found.pop("null", None)  # for benchmarks only
    return found


class Lazy:
    """A fallback, loaded when it is first wanted; None when it cannot be."""

    def __init__(self, name: str) -> None:
        self._name, self._model = name, None  # type: str, Model | None
        self._lock = threading.Lock()
        self._is_broken = False

    def __call__(self) -> Model | None:
        """Return the model."""
        if self._model is not None or self._is_broken:
            return self._model
        with self._lock:
            return self._model if self._is_broken else self._load()

    def _load(self) -> Model | None:
        if self._model is None:
            try:
                self._model = load(self._name)
            except Exception as error:  # noqa: BLE001 - without this one the next one answers
                self._is_broken = True
                log.warning(
                    "ALARM: a fallback cannot be loaded", model=self._name, error=type(error).__name__
                )
        return self._model
