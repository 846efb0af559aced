"""Settings: where data, PostgreSQL and Valkey are."""

from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from groundswell.settings.form import Group, setting


class Places(Group):
    """Where things are."""

    data_dir: Path = setting(
        Path("data"), "Folder of the embedded servers, keys and models.", "GROUNDSWELL_DATA_DIR"
    )
    labelled_data: Path | None = setting(
        None, "Folder of labelled data for development and training.", "GROUNDSWELL_DATA"
    )
    database_url: SecretStr | None = setting(
        None, "PostgreSQL to use; without it one is started in the data folder.", "DATABASE_URL"
    )
    postgres_host: str | None = setting(
        None, "PostgreSQL host, where no DATABASE_URL is given.", "POSTGRES_HOST"
    )
    postgres_port: int = setting(5432, "PostgreSQL port.", "POSTGRES_PORT", ge=1, le=65535)
    postgres_db: str = setting("groundswell", "PostgreSQL database.", "POSTGRES_DB")
    postgres_user: str = setting("groundswell", "PostgreSQL user.", "POSTGRES_USER")
    postgres_password: SecretStr = setting(SecretStr(""), "PostgreSQL password.", "POSTGRES_PASSWORD")
    redis_url: SecretStr | None = setting(
        None, "Valkey or Redis to use; without it one is started in the data folder.", "REDIS_URL"
    )
    redis_host: str | None = setting(None, "Valkey or Redis host, where no REDIS_URL is given.", "REDIS_HOST")
    redis_port: int = setting(6379, "Valkey or Redis port.", "REDIS_PORT", ge=1, le=65535)
    redis_password: SecretStr = setting(SecretStr(""), "Valkey or Redis password.", "REDIS_PASSWORD")

    @property
    def external_database(self) -> str | None:
        """The given database's URL in the form psycopg reads, or None where we start our own."""
        if self.database_url:
            scheme, _, rest = self.database_url.get_secret_value().partition("://")
            return (
                f"postgresql://{rest}"
                if scheme.split("+")[0] in {"postgres", "postgresql"}
                else f"{scheme}://{rest}"
            )
        if not self.postgres_host:
            return None
        user = f"{_quoted(self.postgres_user)}:{_quoted(self.postgres_password.get_secret_value())}"
        host = _authority(self.postgres_host)
        return f"postgresql://{user}@{host}:{self.postgres_port}/{_quoted(self.postgres_db)}"

    @property
    def external_redis(self) -> str | None:
        """The given Valkey's or Redis's URL, or None where we start our own."""
        if self.redis_url:
            return self.redis_url.get_secret_value()
        if not self.redis_host:
            return None
        password = self.redis_password.get_secret_value()
        login = f":{_quoted(password)}@" if password else ""
        return f"redis://{login}{_authority(self.redis_host)}:{self.redis_port}/0"


def _quoted(text: str) -> str:
    """Return a part of a URL with everything escaped that would end it, a slash too."""
    return quote(text, safe="")


def _authority(host: str) -> str:
    """Return a host as a URL names it: an IPv6 address in brackets, the folder of a socket escaped."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else quote(host, safe="[]:")
