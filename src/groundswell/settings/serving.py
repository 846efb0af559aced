"""Settings: what the API listens to, who may come in, and what can be watched."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from groundswell.settings.form import Group, setting


class Api(Group):
    """The API."""

    host: str = setting("127.0.0.1", "Address the API listens on.", "API_HOST")
    port: int = setting(8000, "Port the API listens on.", "API_PORT", "PORT", ge=0, le=65535)
    log_level: str = setting("INFO", "Lowest level of log lines: DEBUG, INFO, WARNING or ERROR.", "LOG_LEVEL")
    log_format: str = setting("console", "Form of log lines: console or json.", "GROUNDSWELL_LOG_FORMAT")
    max_text_characters: int = setting(
        10_000, "Longest text accepted, in characters.", "GROUNDSWELL_MAX_TEXT", ge=1
    )
    max_batch_texts: int = setting(
        1_000, "Most texts or posts in one request.", "GROUNDSWELL_MAX_BATCH", ge=1
    )
    max_body_bytes: int = setting(
        2 * 1024 * 1024, "Largest request body, in bytes.", "GROUNDSWELL_MAX_BODY", ge=1
    )
    allowed_hosts: str = setting(
        "",
        "Host names the API answers to beside its own address, comma-separated.",
        "GROUNDSWELL_ALLOWED_HOSTS",
    )
    max_json_depth: int = setting(
        64, "Deepest nesting of JSON in a request body.", "GROUNDSWELL_MAX_DEPTH", ge=8, le=500
    )
    body_seconds: float = setting(
        30.0, "Seconds a client has to send a request body.", "GROUNDSWELL_BODY_SECONDS", gt=0
    )

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level.upper()

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, form: str) -> str:
        if form not in {"console", "json"}:
            raise ValueError("console or json")
        return form


class Access(Group):
    """Access."""

    admin_key: SecretStr | None = setting(
        None,
        "A key that may do everything, of at least 20 characters; another value ends the former one.",
        "GROUNDSWELL_ADMIN_KEY",
    )
    admin_key_file: Path | None = setting(
        None, "File that holds the GROUNDSWELL_ADMIN_KEY.", "GROUNDSWELL_ADMIN_KEY_FILE"
    )
    session_hours: float = setting(
        12.0, "Hours after which a browser must log in again.", "GROUNDSWELL_SESSION_HOURS", gt=0
    )
    rate_per_key: int = setting(
        6_000, "Requests a minute with one key; 0 is no limit.", "GROUNDSWELL_RATE_PER_KEY", ge=0
    )
    rate_per_address: int = setting(
        600,
        "Requests a minute without a key from one address; 0 is no limit.",
        "GROUNDSWELL_RATE_PER_ADDRESS",
        ge=0,
    )
    trusted_proxies: str = setting(
        "",
        "Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed, comma-separated.",
        "GROUNDSWELL_TRUSTED_PROXIES",
    )
    cors_origins: str = setting(
        "",
        "Origins whose pages may use the API, as https://app.example.org, comma-separated; never *.",
        "GROUNDSWELL_CORS_ORIGINS",
    )

    @field_validator("cors_origins")
    @classmethod
    def _listed_origins(cls, text: str) -> str:
        for origin in filter(None, (part.strip() for part in text.split(","))):
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(
                    "origins as https://app.example.org, each named: `*` would let every page in"
                )
        return text


class Watched(Group):
    """What can be watched."""

    metrics_port: int = setting(
        0,
        "Port of /metrics and /health of each role, beside that of the API; 0 means none. "
        "Under `up` each process takes the next one.",
        "GROUNDSWELL_METRICS_PORT",
        ge=0,
        le=65535,
    )
    metrics_host: str = setting("127.0.0.1", "Address of that port.", "GROUNDSWELL_METRICS_HOST")
    metrics_token: SecretStr | None = setting(
        None,
        "Bearer token a scraper must send to that port; required where other machines reach it.",
        "GROUNDSWELL_METRICS_TOKEN",
    )
    otlp_endpoint: str = setting(
        "",
        "Base address of an OpenTelemetry collector (OTLP over HTTP, e.g. http://127.0.0.1:4318) that gets traces; "
        "needs the extra `otel`.",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    )
