"""The columns of a table and their types, as far as a writer must know them before the first row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["text", "whole number", "number", "truth value", "json"]

_TYPES: dict[type, Type] = {str: "text", int: "whole number", float: "number", bool: "truth value"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column; `arrow` is its type in a Parquet input, to be kept as it is."""

    name: str
    type: Type
    arrow: Any = None


def survey(rows: Iterable[Mapping[str, object]]) -> tuple[Column, ...]:
    """Return every column that appears in `rows`, in the order of appearance, with the type that holds all values.

    Values of different types, lists and objects become JSON.
    """
    types: dict[str, Type | None] = {}
    for values in rows:
        for name, value in values.items():
            seen = types.setdefault(name, None)
            if value is not None and seen != "json":
                types[name] = _common(seen, _TYPES.get(type(value), "json"))
    return tuple(Column(name=name, type=found or "text") for name, found in types.items())


def _common(seen: Type | None, new: Type) -> Type:
    if seen is None or seen == new:
        return new
    return "number" if {seen, new} == {"number", "whole number"} else "json"
