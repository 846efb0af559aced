"""The one table of settings: name, default, and a sentence for each; the only reader of the environment.

Order of precedence: command-line flag, environment, `.env`, `groundswell.toml`, default.
"""

import difflib
import os
import re
import socket
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from groundswell.core.access import SHORTEST_KEY
from groundswell.core.errors import BadSettings

PREFIX = "GROUNDSWELL_"


def _setting(default: object, sentence: str, *names: str, **rules: Any) -> Any:
    """Declare a setting; `names` are its names in the environment, the first is the one we document."""
    return Field(default=default, description=sentence, validation_alias=AliasChoices(*names), **rules)


class Settings(BaseSettings):
    """Every setting of every role."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", populate_by_name=True, frozen=True, toml_file="groundswell.toml"
    )

    # Where things are
    data_dir: Path = _setting(
        Path("data"), "Folder of the embedded servers, keys and models.", "GROUNDSWELL_DATA_DIR"
    )
    labelled_data: Path | None = _setting(
        None, "Folder of labelled data for development and training.", "GROUNDSWELL_DATA"
    )
    database_url: SecretStr | None = _setting(
        None, "PostgreSQL to use; without it one is started in the data folder.", "DATABASE_URL"
    )
    postgres_host: str | None = _setting(
        None, "PostgreSQL host, where no DATABASE_URL is given.", "POSTGRES_HOST"
    )
    postgres_port: int = _setting(5432, "PostgreSQL port.", "POSTGRES_PORT", ge=1, le=65535)
    postgres_db: str = _setting("groundswell", "PostgreSQL database.", "POSTGRES_DB")
    postgres_user: str = _setting("groundswell", "PostgreSQL user.", "POSTGRES_USER")
    postgres_password: SecretStr = _setting(SecretStr(""), "PostgreSQL password.", "POSTGRES_PASSWORD")
    redis_url: SecretStr | None = _setting(
        None, "Valkey or Redis to use; without it one is started in the data folder.", "REDIS_URL"
    )
    redis_host: str | None = _setting(
        None, "Valkey or Redis host, where no REDIS_URL is given.", "REDIS_HOST"
    )
    redis_port: int = _setting(6379, "Valkey or Redis port.", "REDIS_PORT", ge=1, le=65535)
    redis_password: SecretStr = _setting(SecretStr(""), "Valkey or Redis password.", "REDIS_PASSWORD")

    # The API
    host: str = _setting("127.0.0.1", "Address the API listens on.", "API_HOST")
    port: int = _setting(8000, "Port the API listens on.", "API_PORT", "PORT", ge=0, le=65535)
    log_level: str = _setting(
        "INFO", "Lowest level of log lines: DEBUG, INFO, WARNING or ERROR.", "LOG_LEVEL"
    )
    log_format: str = _setting("console", "Form of log lines: console or json.", "GROUNDSWELL_LOG_FORMAT")
    max_text_characters: int = _setting(
        10_000, "Longest text accepted, in characters.", "GROUNDSWELL_MAX_TEXT", ge=1
    )
    max_batch_texts: int = _setting(
        1_000, "Most texts or posts in one request.", "GROUNDSWELL_MAX_BATCH", ge=1
    )
    max_body_bytes: int = _setting(
        2 * 1024 * 1024, "Largest request body, in bytes.", "GROUNDSWELL_MAX_BODY", ge=1
    )
    allowed_hosts: str = _setting(
        "",
        "Host names the API answers to beside its own address, comma-separated.",
        "GROUNDSWELL_ALLOWED_HOSTS",
    )

    max_json_depth: int = _setting(
        64, "Deepest nesting of JSON in a request body.", "GROUNDSWELL_MAX_DEPTH", ge=8, le=500
    )
    body_seconds: float = _setting(
        30.0, "Seconds a client has to send a request body.", "GROUNDSWELL_BODY_SECONDS", gt=0
    )

    # Access
    admin_key: SecretStr | None = _setting(
        None,
        "A key that may do everything, of at least 20 characters; another value ends the former one.",
        "GROUNDSWELL_ADMIN_KEY",
    )
    admin_key_file: Path | None = _setting(
        None, "File that holds the GROUNDSWELL_ADMIN_KEY.", "GROUNDSWELL_ADMIN_KEY_FILE"
    )
    session_hours: float = _setting(
        12.0, "Hours after which a browser must log in again.", "GROUNDSWELL_SESSION_HOURS", gt=0
    )
    rate_per_key: int = _setting(
        6_000, "Requests a minute with one key; 0 is no limit.", "GROUNDSWELL_RATE_PER_KEY", ge=0
    )
    rate_per_address: int = _setting(
        600,
        "Requests a minute without a key from one address; 0 is no limit.",
        "GROUNDSWELL_RATE_PER_ADDRESS",
        ge=0,
    )
    trusted_proxies: str = _setting(
        "",
        "Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed, comma-separated.",
        "GROUNDSWELL_TRUSTED_PROXIES",
    )
    cors_origins: str = _setting(
        "",
        "Origins whose pages may use the API, as https://app.example.org, comma-separated; never *.",
        "GROUNDSWELL_CORS_ORIGINS",
    )

    # What can be watched
    metrics_port: int = _setting(
        0,
        "Port of /metrics and /health of each role, beside that of the API; 0 means none. "
        "Under `up` each process takes the next one.",
        "GROUNDSWELL_METRICS_PORT",
        ge=0,
        le=65535,
    )
    metrics_host: str = _setting("127.0.0.1", "Address of that port.", "GROUNDSWELL_METRICS_HOST")
    metrics_token: SecretStr | None = _setting(
        None,
        "Bearer token a scraper must send to that port; required where other machines reach it.",
        "GROUNDSWELL_METRICS_TOKEN",
    )

    # Privacy
    pseudonym_key: SecretStr | None = _setting(
        None,
        "Key of pseudonyms and post keys; `up` makes one, an external database requires it.",
        "GROUNDSWELL_PSEUDONYM_KEY",
    )
    retention_days: int = _setting(
        0, "Days posts are kept after ingestion; 0 keeps them for ever.", "GROUNDSWELL_RETENTION_DAYS", ge=0
    )

    retention_sources: str = _setting(
        "",
        "Days for single sources, as bluesky=30,file=365; 0 keeps a source's posts for ever.",
        "GROUNDSWELL_RETENTION_SOURCES",
    )

    # Stream and workers
    stream_name: str = _setting("social_posts", "Name of the stream of posts.", "REDIS_STREAM_NAME")
    consumer_group: str = _setting(
        "sentiment_workers", "Name of the workers' consumer group.", "REDIS_CONSUMER_GROUP"
    )
    stream_max_entries: int = _setting(
        100_000, "Backlog at which new posts are refused with 429.", "GROUNDSWELL_STREAM_MAX", ge=1
    )
    workers: int = _setting(
        0,
        "Worker processes under `up`; 0 means one less than the cores, at least one.",
        "GROUNDSWELL_WORKERS",
        ge=0,
    )
    batch_posts: int = _setting(
        512, "Most posts a worker reads at once.", "GROUNDSWELL_BATCH", ge=1, le=10_000
    )
    claim_idle_seconds: float = _setting(
        15.0,
        "Seconds after which a delivery of a silent worker is claimed by another.",
        "GROUNDSWELL_CLAIM_IDLE_SECONDS",
        gt=0,
    )
    max_deliveries: int = _setting(
        5, "Deliveries after which an entry that never settled is parked.", "GROUNDSWELL_MAX_DELIVERIES", ge=1
    )
    parking_limit: int = _setting(
        50,
        "Posts parked within five minutes at which a worker stops and raises an alarm.",
        "GROUNDSWELL_PARKING_LIMIT",
        ge=1,
    )
    live_entries: int = _setting(
        10_000, "Entries kept in the stream of the live feed.", "GROUNDSWELL_LIVE_ENTRIES", ge=100
    )
    failpoint: str = _setting(
        "", "For tests: where a worker ends itself as if killed.", "GROUNDSWELL_FAILPOINT"
    )

    # Models
    model: str = _setting(
        "", "Model of workers and API; empty means the best one shipped.", "GROUNDSWELL_MODEL"
    )
    inference_threads: int = _setting(
        1,
        "Threads of one inference.",
        "GROUNDSWELL_INFERENCE_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        ge=1,
    )
    engine: Literal["onnxruntime", "openvino"] = _setting(
        "onnxruntime",
        "What runs a transformer: onnxruntime, or openvino (needs the extra `openvino`).",
        "GROUNDSWELL_ENGINE",
    )
    queue_seconds: float = _setting(
        0.03,
        "Seconds the first request in line may have waited for the model before further ones are refused with 429.",
        "GROUNDSWELL_QUEUE_SECONDS",
        gt=0,
    )
    batch_window_seconds: float = _setting(
        0.002,
        "Seconds a request waits for others to be read with, while the model is reading already.",
        "GROUNDSWELL_BATCH_WINDOW_SECONDS",
        ge=0,
    )
    preload_model: str = _setting(
        "",
        "Model of workers and API where GROUNDSWELL_MODEL names none, as earlier deployments set it.",
        "PRELOAD_MODEL",
    )
    model_path: Path | None = _setting(
        None, "Version folder to use instead of the registry; no pointer moves it.", "MODEL_PATH"
    )
    model_service_url: str = _setting(
        "", "Model service that API and workers call; without it they read themselves.", "MODEL_SERVICE_URL"
    )
    model_service_key: SecretStr | None = _setting(
        None,
        "Key between API or worker and model service, which asks for it when it has it; at least 20 characters.",
        "GROUNDSWELL_MODEL_SERVICE_KEY",
    )

    # Learning
    double_coding: float = _setting(
        0.1,
        "Share of the posts in a label queue that two people label, neither seeing what the other says.",
        "GROUNDSWELL_DOUBLE_CODING",
        ge=0,
        le=1,
    )

    catalogue: Path | None = _setting(
        None, "File of further models, in the form of Groundswell's own catalogue.", "GROUNDSWELL_CATALOGUE"
    )
    hub_endpoint: str = _setting("https://huggingface.co", "Hub that models are fetched from.", "HF_ENDPOINT")
    hub_token: SecretStr | None = _setting(
        None, "Token sent to that hub, for models that are not public.", "HF_TOKEN"
    )
    hub_folder: Path | None = _setting(
        None,
        "Folder of models while they are fetched; empty means that of the models in the data folder.",
        "HF_HOME",
    )

    # LLM
    llm_provider: str = _setting(
        "", "Provider that answers when the model cannot: groq, openai or anthropic.", "LLM_PROVIDER"
    )
    llm_api_key: SecretStr | None = _setting(None, "Key of the provider.", "LLM_API_KEY")
    llm_model: str = _setting("", "Model there; empty means a small one of the provider.", "LLM_MODEL")
    llm_base_url: str = _setting(
        "",
        "Address of any server that speaks OpenAI's wire (Ollama, vLLM), with its /v1; or of a provider's proxy.",
        "LLM_BASE_URL",
    )
    llm_seconds: float = _setting(
        8.0, "Seconds the provider has for a text.", "GROUNDSWELL_LLM_SECONDS", gt=0, le=120
    )
    llm_concurrency: int = _setting(
        4,
        "Questions to the provider at the same time, per process.",
        "GROUNDSWELL_LLM_CONCURRENCY",
        ge=1,
        le=64,
    )
    llm_max_tokens: int = _setting(
        100, "Longest answer of the provider, in tokens.", "GROUNDSWELL_LLM_MAX_TOKENS", ge=16, le=10_000
    )
    llm_batch: int = _setting(
        32,
        "Most texts in one call that the provider is asked about.",
        "GROUNDSWELL_LLM_BATCH",
        ge=1,
        le=1_000,
    )
    llm_tokens_per_hour: int = _setting(
        200_000, "Tokens an hour, over all processes.", "GROUNDSWELL_LLM_TOKENS_PER_HOUR", ge=0
    )
    llm_cost_per_hour: float = _setting(
        1.0,
        "US dollars an hour, over all processes, by the two prices below; 0 means no limit.",
        "GROUNDSWELL_LLM_COST_PER_HOUR",
        ge=0,
    )
    llm_price_in: float = _setting(
        0.0,
        "US dollars per million tokens sent; the provider's list says it.",
        "GROUNDSWELL_LLM_PRICE_IN",
        ge=0,
    )
    llm_price_out: float = _setting(
        0.0, "US dollars per million tokens answered.", "GROUNDSWELL_LLM_PRICE_OUT", ge=0
    )

    # Failsafe
    predict_seconds: float = _setting(
        5.0,
        "Seconds after which a fallback answers a request instead of the model of this process.",
        "GROUNDSWELL_PREDICT_SECONDS",
        gt=0,
    )
    model_service_seconds: float = _setting(
        0.8,
        "Seconds after which a fallback answers a request instead of the model service.",
        "GROUNDSWELL_MODEL_SERVICE_SECONDS",
        gt=0,
    )
    failsafe_max_failures: int = _setting(
        3, "Failures within the window that open a circuit breaker.", "FAILSAFE_MAX_LLM_FAILURES", ge=1
    )
    failsafe_window_seconds: float = _setting(
        300.0, "Window of those failures, in seconds.", "FAILSAFE_FAILURE_WINDOW_SECONDS", gt=0
    )
    failsafe_open_seconds: float = _setting(
        60.0,
        "Seconds an open circuit breaker waits before one call may try again.",
        "FAILSAFE_CIRCUIT_BREAKER_TIMEOUT",
        gt=0,
    )

    # Learning
    min_feedback: int = _setting(
        10, "New items of feedback below which nothing is retrained.", "MIN_FEEDBACK", ge=1
    )
    retrain_cron: str = _setting(
        "0 3 * * 0",
        "When to look whether to retrain, in UTC as cron writes it; empty: only when asked.",
        "GROUNDSWELL_RETRAIN_CRON",
    )
    training_seconds: float = _setting(
        3600.0, "Seconds a training job may take.", "GROUNDSWELL_TRAINING_SECONDS", gt=0
    )
    training_memory: int = _setting(
        2048, "Megabytes a training job may take.", "GROUNDSWELL_TRAINING_MEMORY", ge=256
    )
    gate_margin: float = _setting(
        0.03,
        "Share by which macro-recall on base rows may fall, at the lower bound of its interval.",
        "GROUNDSWELL_GATE_MARGIN",
        gt=0,
        lt=1,
    )
    gate_slice_margin: float = _setting(
        0.08, "Share by which any slice may fall.", "GROUNDSWELL_GATE_SLICE_MARGIN", gt=0, lt=1
    )
    gate_feedback: str = _setting(
        "not-worse",
        "What feedback must say of a candidate: not-worse or better.",
        "GROUNDSWELL_GATE_FEEDBACK",
    )

    # Bluesky
    jetstreams: str = _setting(
        "",
        "Addresses of Jetstream servers, comma-separated; empty means the public ones of Bluesky.",
        "GROUNDSWELL_JETSTREAMS",
    )
    languages: str = _setting(
        "",
        "Languages of the posts kept from a network, comma-separated, e.g. en,de; empty keeps all.",
        "GROUNDSWELL_LANGUAGES",
    )
    stall_seconds: float = _setting(
        60.0,
        "Seconds of silence after which a network is connected to anew.",
        "GROUNDSWELL_STALL_SECONDS",
        gt=0,
    )

    # Demo and alerts
    posts_per_minute: float = _setting(60.0, "Rate of the synthetic source.", "POSTS_PER_MINUTE", gt=0)
    alert_threshold: float = _setting(
        0.4, "Negative share that opens an alert.", "ALERT_THRESHOLD", gt=0, lt=1
    )
    alert_window_minutes: int = _setting(
        5, "Minutes the negative share is taken over.", "ALERT_WINDOW_MINUTES", ge=1
    )

    public_url: str = _setting(
        "",
        "Address people reach this installation at, for links in messages; empty means that of the API.",
        "GROUNDSWELL_PUBLIC_URL",
    )
    outbound_allow: str = _setting(
        "",
        "Targets of messages inside this network: names, name:port, or networks as 10.0.0.0/8, "
        "comma-separated.",
        "GROUNDSWELL_OUTBOUND_ALLOW",
    )

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level.upper()

    @field_validator("hub_endpoint")
    @classmethod
    def _web_address(cls, address: str) -> str:
        if not address.startswith(("http://", "https://")):
            raise ValueError("an address that begins with https:// or http://")
        return address.rstrip("/")

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, form: str) -> str:
        if form not in {"console", "json"}:
            raise ValueError("console or json")
        return form

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

    @field_validator("retention_sources")
    @classmethod
    def _days_by_source(cls, text: str) -> str:
        for entry in filter(None, (part.strip() for part in text.split(","))):
            source, _, days = entry.rpartition("=")
            if not source or not days.strip().isdecimal():
                raise ValueError("days by source, as bluesky=30,file=365")
        return text

    @field_validator("model_service_key")
    @classmethod
    def _long_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key and 0 < len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"at least {SHORTEST_KEY} characters long")
        return key

    @property
    def source_retention(self) -> dict[str, int]:
        """Days that posts of single sources are kept; 0: for ever."""
        entries = [part.rpartition("=") for part in self.retention_sources.split(",") if part.strip()]
        return {source.strip(): int(days) for source, _, days in entries}

    @field_validator("gate_feedback")
    @classmethod
    def _known_demand(cls, demand: str) -> str:
        if demand not in {"not-worse", "better"}:
            raise ValueError("not-worse or better")
        return demand

    @field_validator("retrain_cron")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        if cron and not is_cron(cron):
            raise ValueError("five fields as cron writes them, e.g. 0 3 * * 0")
        return cron

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

    @property
    def worker_count(self) -> int:
        """Worker processes that `up` starts."""
        return self.workers or max(1, (os.cpu_count() or 2) - 1)

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
        for source in (env_settings, dotenv_settings):
            _keep_documented(source)
        files = InitSettingsSource(settings_cls, _secret_files())
        return init_settings, env_settings, files, dotenv_settings, TomlConfigSettingsSource(settings_cls)


def secret_file_names() -> Mapping[str, str]:
    """Return, for each name of a secret, the name under which a file is given that holds it."""
    secrets = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    others = {
        alias for aliases in names().values() for alias in aliases
    }  # a setting of its own: the admin key's
    found = {alias: f"{alias}_FILE" for name in secrets for alias in names()[name]}
    return {alias: file for alias, file in found.items() if file not in others}


def _secret_files() -> dict[str, str]:
    """Read the secrets that are given as files, as containers get them: first line, without its end.

    Raises `BadSettings` for a file that cannot be read or is empty.
    """
    found = {}
    for alias, variable in secret_file_names().items():
        if path := os.environ.get(variable):
            found[alias] = _first_line(variable, Path(path))
    return found


def _first_line(variable: str, path: Path) -> str:
    try:
        line = path.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The file of {variable} cannot be read: {error}.") from None
    if not line:
        raise BadSettings(f"The file of {variable}, {path}, is empty.")
    return line


_CRON = re.compile(r"(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/\d+)?(?:,[0-9A-Za-z*/-]+)*")


def is_cron(text: str) -> bool:
    """Tell whether a text has the five fields of crontab(5)."""
    fields = text.split()
    return len(fields) == 5 and all(_CRON.fullmatch(field) for field in fields)


def _quoted(text: str) -> str:
    """Return a part of a URL with everything escaped that would end it, a slash too."""
    return quote(text, safe="")


def _authority(host: str) -> str:
    """Return a host as a URL names it: an IPv6 address in brackets, the folder of a socket escaped."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else quote(host, safe="[]:")


def _keep_documented(source: PydanticBaseSettingsSource) -> None:
    """Forget variables that have a field's name but are not a setting's.

    Fields are known by their own names too, for flags; but HOST, MODEL or WORKERS in an
    environment belong to somebody else: shells and conda export HOST.
    """
    if isinstance(source, EnvSettingsSource):
        documented = {alias.lower() for aliases in names().values() for alias in aliases}
        source.env_vars = {name: value for name, value in source.env_vars.items() if name in documented}


RESERVED: set[str] = set()
"""Own names of the interface whose parts are not built yet; set, they are accepted and do nothing."""


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """Return the names each field has in the environment."""
    return {name: _aliases(field.validation_alias) for name, field in Settings.model_fields.items()}


def _aliases(alias: object) -> tuple[str, ...]:
    return tuple(str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else ()


def load_settings(**flags: object) -> Settings:
    """Read the settings; a flag that is None counts as not given.

    Raises `BadSettings` in one sentence that names the setting.
    """
    _refuse_unknown()
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        why = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        raise BadSettings(f"The setting {_spelled(first['loc'])} is wrong: it must be {why}.") from None


def _spelled(loc: tuple[int | str, ...]) -> str:
    """Return the name of a setting as it is written in the environment, else the one we document."""
    name = str(loc[0]) if loc else "that was given"
    aliases = next((found for field, found in names().items() if name in {field, *found}), (name,))
    return next((alias for alias in aliases if alias in os.environ), aliases[0])


def origins(given: Mapping[str, object]) -> dict[str, str]:
    """Return where each field's value comes from; `given` are the flags that were set."""
    file = _toml()
    sources: list[tuple[str, set[str]]] = [
        ("environment", {name.lower() for name in os.environ}),
        ("file", {name.lower() for name, file in secret_file_names().items() if file in os.environ}),
        (".env", set(DotEnvSettingsSource(Settings).env_vars)),
    ]
    found: dict[str, str] = {}
    for field, aliases in names().items():
        spellings = {alias.lower() for alias in aliases}
        holders = [name for name, values in sources if not spellings.isdisjoint(values)]
        if not file.keys().isdisjoint({field, *aliases}):
            holders.append("groundswell.toml")
        found[field] = "flag" if given.get(field) is not None else next(iter(holders), "default")
    return found


def _toml() -> Mapping[str, object]:
    """Return what groundswell.toml says.

    Raises `BadSettings` where it is no TOML.
    """
    try:
        return TomlConfigSettingsSource(Settings).toml_data
    except ValueError as error:
        raise BadSettings(f"groundswell.toml cannot be read: {error}.") from None


def _refuse_unknown() -> None:
    """Raise for a name that does not exist, naming the nearest one that does.

    Of the environment and `.env`, which others use too, only GROUNDSWELL_* names are ours.
    """
    aliases = {alias for choices in names().values() for alias in choices} | RESERVED
    aliases |= set(secret_file_names().values())
    given = [*os.environ, *(name.upper() for name in DotEnvSettingsSource(Settings).env_vars)]
    for name in given:
        if name.startswith(PREFIX) and name not in aliases:
            raise BadSettings(f"There is no setting {name}; did you mean {_nearest(name, aliases)}?")
    for name in _toml():
        if name not in aliases | names().keys():
            near = _nearest(name, aliases if name.isupper() else names())
            raise BadSettings(f"There is no setting {name} (groundswell.toml); did you mean {near}?")


def _nearest(name: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)[0]


def host_name() -> str:
    """Return this machine's name, for naming its processes."""
    return socket.gethostname()
