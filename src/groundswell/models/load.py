"""Pick a model by name: the one place that knows which adapters exist."""

from collections.abc import Callable

from groundswell.core.errors import UnknownModel
from groundswell.models.null import NullModel
from groundswell.models.port import Model
from groundswell.models.vader import VaderModel

DEFAULT_MODEL = "vader"

ADAPTERS: dict[str, Callable[[], Model]] = {"vader": VaderModel, "null": NullModel}


def known_models() -> tuple[str, ...]:
    """Return the keys one may ask for."""
    return tuple(ADAPTERS)


def load(name: str) -> Model:
    """Load the model called `name` (`key` or `key@version`).

    Raises `UnknownModel`, naming the known ones.
    """
    key, _, version = name.partition("@")
    adapter = ADAPTERS.get(key)
    model = adapter() if adapter else None
    if model is None or (version and version != model.info.version):
        known = ", ".join(known_models())
        raise UnknownModel(
            f"There is no model named '{name}'; known are {known}.", details={"known": list(known_models())}
        )
    return model
