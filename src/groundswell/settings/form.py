"""How a setting is declared."""

from typing import Any

from pydantic import AliasChoices, BaseModel, Field


class Group(BaseModel):
    """Settings that belong together; the docstring is their heading on the page of settings."""


def setting(default: object, sentence: str, *names: str, **rules: Any) -> Any:
    """Declare a setting; `names` are its names in the environment, the first is the one we document."""
    return Field(default=default, description=sentence, validation_alias=AliasChoices(*names), **rules)
