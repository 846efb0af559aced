"""Settings: what reads the posts, where models come from, and what answers when a model cannot."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr, field_validator

from groundswell.core.access import SHORTEST_KEY
from groundswell.settings.form import Group, setting


class Models(Group):
    """Models."""

    model: str = setting(
        "", "Model of workers and API; empty means the best one shipped.", "GROUNDSWELL_MODEL"
    )
    inference_threads: int = setting(
        1,
        "Threads of one inference.",
        "GROUNDSWELL_INFERENCE_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        ge=1,
    )
    engine: Literal["onnxruntime", "openvino"] = setting(
        "onnxruntime",
        "What runs a transformer: onnxruntime, or openvino (needs the extra `openvino`).",
        "GROUNDSWELL_ENGINE",
    )
    queue_seconds: float = setting(
        0.01,
        "While too much comes, a request that would wait for the model longer than so many seconds gets 429.",
        "GROUNDSWELL_QUEUE_SECONDS",
        gt=0,
    )
    batch_window_seconds: float = setting(
        0.002,
        "Seconds a request waits for others to be read with, while the model is reading already.",
        "GROUNDSWELL_BATCH_WINDOW_SECONDS",
        ge=0,
    )
    preload_model: str = setting(
        "",
        "Model of workers and API where GROUNDSWELL_MODEL names none, as earlier deployments set it.",
        "PRELOAD_MODEL",
    )
    model_path: Path | None = setting(
        None, "Version folder to use instead of the registry; no pointer moves it.", "MODEL_PATH"
    )
    model_bucket: str = setting(
        "",
        "Bucket that added versions are kept in for all machines, as s3://BUCKET/FOLDER?endpoint=URL&region=NAME; "
        "empty means the data folder alone.",
        "GROUNDSWELL_MODEL_BUCKET",
    )
    model_service_url: str = setting(
        "", "Model service that API and workers call; without it they read themselves.", "MODEL_SERVICE_URL"
    )
    model_service_key: SecretStr | None = setting(
        None,
        "Key between API or worker and model service, which asks for it when it has it; at least 20 characters.",
        "GROUNDSWELL_MODEL_SERVICE_KEY",
    )

    @field_validator("model_service_key")
    @classmethod
    def _long_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key and 0 < len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"at least {SHORTEST_KEY} characters long")
        return key


class Catalogue(Group):
    """The catalogue of models."""

    catalogue: Path | None = setting(
        None, "File of further models, in the form of Groundswell's own catalogue.", "GROUNDSWELL_CATALOGUE"
    )
    hub_endpoint: str = setting("https://huggingface.co", "Hub that models are fetched from.", "HF_ENDPOINT")
    hub_token: SecretStr | None = setting(
        None, "Token sent to that hub, for models that are not public.", "HF_TOKEN"
    )
    hub_folder: Path | None = setting(
        None,
        "Folder of models while they are fetched; empty means that of the models in the data folder.",
        "HF_HOME",
    )

    @field_validator("hub_endpoint")
    @classmethod
    def _web_address(cls, address: str) -> str:
        if not address.startswith(("http://", "https://")):
            raise ValueError("an address that begins with https:// or http://")
        return address.rstrip("/")


class Llm(Group):
    """A language model elsewhere."""

    llm_provider: str = setting(
        "", "Provider that answers when the model cannot: groq, openai or anthropic.", "LLM_PROVIDER"
    )
    llm_api_key: SecretStr | None = setting(None, "Key of the provider.", "LLM_API_KEY")
    llm_model: str = setting("", "Model there; empty means a small one of the provider.", "LLM_MODEL")
    llm_base_url: str = setting(
        "",
        "Address of any server that speaks OpenAI's wire (Ollama, vLLM), with its /v1; or of a provider's proxy.",
        "LLM_BASE_URL",
    )
    llm_seconds: float = setting(
        8.0, "Seconds the provider has for a text.", "GROUNDSWELL_LLM_SECONDS", gt=0, le=120
    )
    llm_concurrency: int = setting(
        4,
        "Questions to the provider at the same time, per process.",
        "GROUNDSWELL_LLM_CONCURRENCY",
        ge=1,
        le=64,
    )
    llm_max_tokens: int = setting(
        100, "Longest answer of the provider, in tokens.", "GROUNDSWELL_LLM_MAX_TOKENS", ge=16, le=10_000
    )
    llm_batch: int = setting(
        32,
        "Most texts in one call that the provider is asked about.",
        "GROUNDSWELL_LLM_BATCH",
        ge=1,
        le=1_000,
    )
    llm_tokens_per_hour: int = setting(
        200_000, "Tokens an hour, over all processes.", "GROUNDSWELL_LLM_TOKENS_PER_HOUR", ge=0
    )
    llm_cost_per_hour: float = setting(
        1.0,
        "US dollars an hour, over all processes, by the two prices below; 0 means no limit.",
        "GROUNDSWELL_LLM_COST_PER_HOUR",
        ge=0,
    )
    llm_price_in: float = setting(
        0.0,
        "US dollars per million tokens sent; the provider's list says it.",
        "GROUNDSWELL_LLM_PRICE_IN",
        ge=0,
    )
    llm_price_out: float = setting(
        0.0, "US dollars per million tokens answered.", "GROUNDSWELL_LLM_PRICE_OUT", ge=0
    )


class Failsafe(Group):
    """Failsafe."""

    predict_seconds: float = setting(
        5.0,
        "Seconds after which a fallback answers a request instead of the model of this process, and in which "
        "an LLM must have answered one.",
        "GROUNDSWELL_PREDICT_SECONDS",
        gt=0,
    )
    model_service_seconds: float = setting(
        0.8,
        "Seconds after which a fallback answers a request instead of the model service.",
        "GROUNDSWELL_MODEL_SERVICE_SECONDS",
        gt=0,
    )
    failsafe_max_failures: int = setting(
        3, "Failures within the window that open a circuit breaker.", "FAILSAFE_MAX_LLM_FAILURES", ge=1
    )
    failsafe_window_seconds: float = setting(
        300.0, "Window of those failures, in seconds.", "FAILSAFE_FAILURE_WINDOW_SECONDS", gt=0
    )
    failsafe_open_seconds: float = setting(
        60.0,
        "Seconds an open circuit breaker waits before one call may try again.",
        "FAILSAFE_CIRCUIT_BREAKER_TIMEOUT",
        gt=0,
    )
