"""The table of settings: every group in one class, and the names each setting has outside."""

from collections.abc import Mapping
from functools import cache

from pydantic import AliasChoices
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from groundswell.settings.form import Group
from groundswell.settings.learning import Learning
from groundswell.settings.models import Catalogue, Failsafe, Llm, Models
from groundswell.settings.places import Places
from groundswell.settings.posts import Alerts, Privacy, Sources, Stream
from groundswell.settings.serving import Access, Api, Watched
from groundswell.settings.sources import keep_documented, secret_files

GROUPS: tuple[type[Group], ...] = (
    Places, Api, Access, Watched, Privacy, Stream, Models, Catalogue, Llm, Failsafe, Learning, Sources, Alerts,
)  # fmt: skip
"""The groups in the order of the page of settings."""


class Settings(
    # pydantic takes the fields of the last base first
    Alerts, Sources, Learning, Failsafe, Llm, Catalogue, Models, Stream, Privacy, Watched, Access, Api, Places,
    BaseSettings,
):  # fmt: skip
    """Every setting of every role."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", populate_by_name=True, frozen=True, toml_file="groundswell.toml"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flag, environment, `.env`, `groundswell.toml`, in this order."""
        del file_secret_settings
        documented = {alias.lower() for aliases in names().values() for alias in aliases}
        for source in (env_settings, dotenv_settings):
            keep_documented(source, documented)
        files = InitSettingsSource(settings_cls, secret_files(secret_file_names()))
        return init_settings, env_settings, files, dotenv_settings, TomlConfigSettingsSource(settings_cls)


RESERVED: set[str] = set()
"""Own names of the interface whose parts are not built yet; set, they are accepted and do nothing."""


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """Return the names each field has in the environment."""
    return {name: _aliases(field.validation_alias) for name, field in Settings.model_fields.items()}


def _aliases(alias: object) -> tuple[str, ...]:
    return tuple(str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else ()


def secret_file_names() -> Mapping[str, str]:
    """Return, for each name of a secret, the name under which a file is given that holds it."""
    secrets = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    # a setting of its own: the admin key's
    others = {alias for aliases in names().values() for alias in aliases}
    found = {alias: f"{alias}_FILE" for name in secrets for alias in names()[name]}
    return {alias: file for alias, file in found.items() if file not in others}
